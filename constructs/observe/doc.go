// Package observe watches a state machine: it creates metrics, alarms and a
// dashboard, topics for messages, and messages when an execution ends.
//
//	topic := observe.NewTopic(stack, jsii.String("Alerts"), nil)
//	observe.New(stack, jsii.String("Observe"), &observe.Props{
//		Job:             job,
//		Topic:           topic,
//		NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)),
//	})
//
// [New] works with any state machine. With a job it also shows the items, from the
// metrics that the job's summary writes.
//
// Two things publish the end of an execution. [Notify] is a state at the end of
// the state machine, which knows the numbers of the summary. [NewEndings] is a
// rule for executions that never get there. A job with a Notify topic has both.
package observe
