// Package joblock lets one execution of a state machine run at a time.
//
//	lock := joblock.New(stack, jsii.String("Lock"), &joblock.Props{Overlap: &joblock.Skip{}})
//	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
//		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body)),
//	})
//	lock.Grant(machine)
//
// A job of package mapjob needs none of this: set its Overlap.
//
// The lock is an item in a DynamoDB table that names the execution that owns it:
// {"lock": KEY, "owner": EXECUTION-ARN, "takenAt": TIME}. An execution takes it
// with a conditional write. If the lock is taken, the execution looks up the last
// event of the owner's history. If the owner has ended, in whatever way, the
// execution takes the lock over with a write that is conditional on that owner. So
// there is no lease to tune and nothing to clean up: an execution that was aborted
// or timed out leaves its lock behind, and the next one takes it. While the owner
// runs, [Overlap] decides.
//
// # When the lock is released
//
// The lock is released when the body succeeds, and after every error that
// States.ALL catches. The execution then fails with the body's error and cause.
// Nothing runs after an abort (StopExecution), the state machine's own timeout,
// States.Runtime and States.DataLimitExceeded: the lock then stays until the next
// execution takes it over. The release is conditional too: a lock that another
// execution has taken over stays as it is. If the release fails after retries,
// the body's result stands, and the next execution takes the lock over.
//
// # What the lock does not stop
//
// The lock keeps executions apart, not the work that they started. A Lambda
// function that a stopped execution has invoked runs to its end, up to 15
// minutes, and the children of a Distributed Map stop shortly after their
// parent. If this matters, the work itself has to tolerate a second run.
//
// The lookup is eventually consistent. An owner that has just ended
// without a release may count as running, so that an execution is skipped or
// waits once more. The opposite does not happen: an owner that can't be found
// counts as running until five minutes after it took the lock.
//
// # Redrive
//
// A redriven execution continues at the state where it ended, under the same
// ARN. It does not take the lock again. The effect depends on where it ended:
//
//   - The body failed: the execution has released the lock and ended in the Fail
//     state JobFailed. A redrive fails there again, at once, and touches neither
//     the lock nor the body. Start a new execution.
//   - It was aborted or timed out in the body, or ended there with States.Runtime
//     or States.DataLimitExceeded: a redrive continues in the body, without the
//     lock. If no other execution has started since, the lock still names this
//     execution, which owns it again and will release it. If another one has
//     taken it meanwhile, two run in the body, and the redriven one leaves the
//     other's lock as it is. So disable the schedule, look at the item's
//     owner, and redrive only if it is this execution. Otherwise start a new one.
//   - It was replaced (it is ABORTED with MapJob.Replaced): the lock has another
//     owner. Do not redrive it. Start a new execution.
//   - It ended before it owned the lock: the state that failed runs again, and
//     the execution takes the lock or not, as for a new execution. The time of a
//     Wait counts from the first attempt. In the Fail state AlreadyRunning it
//     fails again, at once.
//   - It ended while it released the lock, or in a state after that: the
//     remaining states run, without the lock.
//   - It was skipped: it has succeeded and can't be redriven.
//
// Source: Step Functions developer guide, "Restarting state machine executions
// with redrive"; API reference, RedriveExecution.
package joblock
