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
// EventBridge, its Scheduler and S3 deliver at least once: now and then one event
// starts two executions, and a job without a lock does its items twice. A [Claim]
// makes an event start one execution. A webhook needs none: it names executions by
// their deliveries. A lock does not help, because the second execution may start when
// the first one has ended.
//
// If every event counts, the job's Overlap has to be nil or joblock.Wait. With
// joblock.Skip or joblock.Fail, an event that comes while another one is worked on
// starts an execution that does nothing.
//
// # What a sender may choose
//
// A trigger starts a job for somebody else: the sender of an event or of a webhook's
// request, or who writes an object. The members of an execution's input whose names
// begin with mapjob steer the job, and belong to the app and its operators. So the app
// names the members of an event's input, and a webhook refuses a body with such a
// member. AllowControl lets the sender steer the job too.
//
// A member items that is in the sender's hands names the object with the items. It
// can be one of the job's own folder in the results bucket, or of the buckets that
// the job's Source names, and no other: see package mapjob.
package trigger
