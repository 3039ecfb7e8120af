// Package fanout sends items to an SQS queue, whose consumer is a function that
// job.Queue makes. Each message has the JSON of one item as its body.
//
//	queue := &fanout.Queue{API: sqs.NewFromConfig(settings), URL: os.Getenv("QUEUE_URL")}
//	lambda.Start(fanout.Produce(queue, orders.Due))
//
// The function needs the permission sqs:SendMessage. This is a package of its
// own, so that functions that send nothing have no SQS client in their binaries.
package fanout
