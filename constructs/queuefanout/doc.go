// Package queuefanout creates a queue between two Lambda functions: the producer
// sends a message for each item, and the consumer takes messages in batches, many
// batches at once. It suits work that needs no completion signal.
//
//	queuefanout.New(stack, jsii.String("Orders"), &queuefanout.Props{
//		Producer:       producer, // finds the queue's URL in QUEUE_URL
//		Consumer:       consumer, // job.Queue answers with the messages that failed
//		MaxConcurrency: jsii.Number(20),
//	})
//
// The queue is a standard queue. The consumer gets events.SQSEvent of aws-lambda-go.
//
// The consumer answers which messages of a batch failed. Those come again after
// their visibility timeout, and after some receives they go to the dead-letter
// queue. Messages arrive at least once and in no particular order: the consumer
// must be idempotent.
package queuefanout
