// Package eventhandler invokes a Lambda function for events: on a schedule, for a
// pattern of events on a bus, or through a URL. It is enough for work that one
// invocation finishes within fifteen minutes.
//
//	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
//		Function: function,
//		Schedule: &eventhandler.Schedule{
//			Expression: jsii.String("cron(0 2 * * ? *)"),
//			TimeZone:   jsii.String("Europe/Zurich"),
//		},
//	})
//
// The function gets the event itself. Through a URL it gets the request, an
// events.LambdaFunctionURLRequest of aws-lambda-go.
//
// A schedule and a pattern invoke the function asynchronously: Lambda queues the
// event, retries if the function fails, and then sends the event to the failure
// queue. A URL invokes it synchronously: its caller waits, gets the error, and
// retries by itself.
//
// Events are delivered at least once: now and then one event invokes the function
// twice. Nothing reports that the work is done unless the function does.
package eventhandler
