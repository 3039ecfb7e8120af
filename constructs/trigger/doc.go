// Package trigger creates what starts a state machine: a schedule, a pattern of
// events, objects created in S3, or a webhook. Each trigger takes any state
// machine, of a job or not.
//
//	trigger.NewSchedule(stack, jsii.String("Nightly"), &trigger.ScheduleProps{
//		StateMachine: job.StateMachine(),
//		Expression:   jsii.String("cron(0 3 * * ? *)"),
//		TimeZone:     jsii.String("Europe/Zurich"),
//	})
//
// Each trigger has a role that may start this state machine and do nothing else.
// A start that fails is retried and then goes to a dead-letter queue. A webhook
// instead answers its sender with an error, so that the sender tries again.
//
// # Events that come twice, or at the same time
//
// EventBridge and its Scheduler deliver at least once: now and then one event
// starts two executions. A job that must not run beside itself takes a lock. A
// webhook starts each delivery once, because it names executions by their
// deliveries.
//
// If every event counts, the job's Overlap has to be nil or joblock.Wait. With
// joblock.Skip or joblock.Fail, an event that comes while another one is worked on
// starts an execution that does nothing.
package trigger
