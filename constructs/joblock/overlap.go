package joblock

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
)

// Overlap is what an execution does if another execution of the same job is
// running: [Skip], [Wait], [Replace] or [Fail].
//
//	here        Kubernetes CronJob, concurrencyPolicy   Temporal schedule, overlap policy
//	no lock     Allow                                   AllowAll
//	*Skip       Forbid                                  Skip
//	*Wait       -                                       BufferOne, but all wait, in no order
//	*Replace    Replace                                 TerminateOther
//	*Fail       -                                       -
type Overlap interface {
	overlap() // for this package only
}

// Skip ends the new execution, which counts as succeeded. Its output is
// {"skipped": true, "owner": ARN-OF-THE-OTHER}.
type Skip struct {
	// OnSkipped returns a state that runs before the execution ends as skipped. The
	// state has to continue with skipped and to pass its input on. The variable
	// $jobLockOwner is the ARN of the execution that is running.
	// Default: the execution ends at once.
	OnSkipped func(skipped awsstepfunctions.IChainable) awsstepfunctions.IChainable
}

// Wait keeps the new execution waiting until the lock is free. After Limit the
// execution fails with MapJob.AlreadyRunning. If several executions wait, the first
// to check after the release gets the lock, in no particular order.
type Wait struct {
	// Limit is the longest wait, in whole seconds.
	// Default: an execution fails after it has waited for an hour.
	Limit awscdk.Duration

	// PollEvery is the time between two checks whether the lock is free, in whole
	// seconds. Each check takes five state transitions and adds 16 events to the
	// execution's history.
	// Default: an execution checks every 30 seconds, or less often if Limit is
	// longer than 200 minutes: 400 times in all.
	PollEvery awscdk.Duration
}

// Replace stops the running execution, which ends as ABORTED with
// MapJob.Replaced, and continues when that one has ended. The stopped execution
// runs no error handler. If several start at once, the last to get the lock
// remains.
type Replace struct{}

// Fail fails the new execution with MapJob.AlreadyRunning. Unlike a skipped
// execution, a failed one raises alarms.
type Fail struct{}

func (*Skip) overlap()    {}
func (*Wait) overlap()    {}
func (*Replace) overlap() {}
func (*Fail) overlap()    {}
