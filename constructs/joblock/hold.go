package joblock

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Errors that the lock raises.
const (
	errAlreadyRunning = "MapJob.AlreadyRunning"
	errReplaced       = "MapJob.Replaced"
)

// Errors of the services that have a meaning here.
const (
	errConflict = "DynamoDB.ConditionalCheckFailedException"
	errNoOwner  = "Sfn.ExecutionDoesNotExistException"
)

// What the states of the lock remember, in variables whose names no body has
// (a branch can't assign a name that is taken outside it).
//
//	jobLockInput    the input of the body
//	jobLockSince    when the lock was first found taken, in milliseconds
//	jobLockOwner    the other execution that had it when it was last read
//	jobLockTakenAt  when the owner took it
//	jobLockStatus   HELD or FREE as it was read; how the owner stands, as
//	                DescribeExecution says; DELETED where there is no such
//	                execution; LOST where another execution was faster
//	jobLockError    why the body failed
//	jobLockCause
//	jobLockOutput   the output of a body after which the release failed
const (
	me = "$states.context.Execution.Id"

	// machineARN is without the version or the alias that was started: they
	// all share the lock.
	machineARN = "$join($split($states.context.StateMachine.Id, ':')[[0..6]], ':')"

	found = "$exists($states.result.Item.owner.S) and $states.result.Item.owner.S != " + me

	// ended lists what has ended for certain. Anything else counts as running:
	// PENDING_REDRIVE, and whatever AWS may add.
	ended = "$jobLockStatus in ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'DELETED']"

	lost = "$jobLockStatus = 'LOST'"
)

const (
	// grace is how long after it took the lock an owner that can't be found
	// counts as running, in seconds. DescribeExecution is eventually consistent
	// and may not know an execution yet that has just started; one that it has
	// forgotten ended 90 days ago.
	grace = 300

	// patience is how long an execution that does not wait for the lock goes
	// round in lost races, or for a stopped execution to have ended, in seconds.
	patience = 300

	// pause is how long it waits between rounds, in seconds.
	pause = 1
)

// expression is a JSONata expression as a field's value.
func expression(format string, args ...any) string {
	return "{% " + fmt.Sprintf(format, args...) + " %}"
}

// object is a JSON object in which strings may be JSONata expressions.
type object = map[string]any

// Hold makes
//
//	TakeLock ──────────────────────────────────────────▶ Locked ─▶ ReleaseLock ─▶
//	   │ taken                                     ▲       │ body failed
//	   ▼            free                           │       ▼
//	ReadLock ─▶ CheckLock ──────────▶ TakeOverLock ┘     ReleaseAfterFailure ─▶ JobFailed
//	   ▲            ▼                 ▲     │ lost the race
//	   │      DescribeOwner ─▶ CheckOwner ◀─┘
//	   │                          ├─▶ Skipped or AlreadyRunning
//	   └── WaitForLock ◀─(StopOwner)
func (l *jobLock) Hold(body awsstepfunctions.IChainable) awsstepfunctions.Chain {
	if l.settings.Overlap == Allow {
		return awsstepfunctions.Chain_Start(body)
	}
	take, takeOver, read := l.take(), l.takeOver(), l.read()
	describe, checkOwner, wait := l.describe(), l.choice("CheckOwner"), l.wait()

	locked := awsstepfunctions.Parallel_Jsonata(l, jsii.String("Locked"), &awsstepfunctions.ParallelJsonataProps{
		Outputs: expression("$states.result[0]"), // there is one branch
	})
	locked.Branch(body)

	take.AddCatch(read, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings(errConflict),
		Assign: &object{"jobLockInput": expression("$states.input"), "jobLockSince": expression("$millis()"), "jobLockOwner": "unknown"},
	})
	take.Next(locked)

	checkLock := l.choice("CheckLock")
	read.Next(checkLock)
	checkLock.When(condition("$jobLockStatus = 'FREE'"), takeOver, nil).Otherwise(describe)

	describe.AddCatch(checkOwner, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings(errNoOwner),
		Assign: &object{"jobLockStatus": expression("$millis() - $toMillis($jobLockTakenAt) < %d ? 'RUNNING' : 'DELETED'", grace*1000)},
	})
	describe.Next(checkOwner)

	takeOver.AddCatch(checkOwner, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings(errConflict),
		Assign: &object{"jobLockStatus": "LOST"},
	})
	takeOver.Next(locked)

	checkOwner.When(condition("%s", ended), takeOver, nil)
	l.overlap(checkOwner, wait)
	wait.Next(read)

	release := l.release("ReleaseLock", expression("$states.input"))
	notReleased := awsstepfunctions.Pass_Jsonata(l, jsii.String("LockNotReleased"), &awsstepfunctions.PassJsonataProps{
		Outputs: expression("$jobLockOutput"),
	})
	release.AddCatch(notReleased, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings("States.ALL"),
		Assign: &object{"jobLockOutput": expression("$states.input")},
	})
	locked.Next(release)
	l.releaseAfterFailure(locked)

	return awsstepfunctions.Chain_Custom(take, &[]awsstepfunctions.INextable{release, notReleased}, release)
}

// overlap says what comes of an owner that has not ended.
func (l *jobLock) overlap(check awsstepfunctions.Choice, wait awsstepfunctions.Wait) {
	since := func(seconds float64) string { return fmt.Sprintf("$millis() - $jobLockSince >= %.0f", seconds*1000) }
	switch l.settings.Overlap {
	case Skip:
		var skipped awsstepfunctions.IChainable = awsstepfunctions.Succeed_Jsonata(l, jsii.String("Skipped"), &awsstepfunctions.SucceedJsonataProps{
			Outputs: object{"skipped": true, "owner": expression("$jobLockOwner")},
		})
		if l.settings.OnSkipped != nil {
			skipped = l.settings.OnSkipped(skipped)
		}
		check.When(condition("%s and $not(%s)", lost, since(patience)), wait, nil).Otherwise(skipped)
	case Fail:
		check.When(condition("%s and $not(%s)", lost, since(patience)), wait, nil).Otherwise(l.alreadyRunning(""))
	case Wait:
		limit := refusal.Seconds(l.settings.WaitLimit)
		check.When(condition("%s", since(limit)), l.alreadyRunning(fmt.Sprintf(", waited for it for %.0f s", limit)), nil).Otherwise(wait)
	case Replace:
		stop := l.stop()
		stop.AddCatch(wait, &awsstepfunctions.CatchProps{Errors: jsii.Strings(errNoOwner)})
		stop.Next(wait)
		check.When(condition("%s", since(patience)), l.alreadyRunning(fmt.Sprintf(", and did not end within %d s of being stopped", patience)), nil)
		check.When(condition("%s", lost), wait, nil).Otherwise(stop)
	}
}

func (l *jobLock) alreadyRunning(more string) awsstepfunctions.Fail {
	return awsstepfunctions.Fail_Jsonata(l, jsii.String("AlreadyRunning"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(errAlreadyRunning),
		Cause: jsii.String(expression("'execution ' & $jobLockOwner & ' has the lock%s'", more)),
	})
}

// releaseAfterFailure releases the lock and fails with the body's own error.
func (l *jobLock) releaseAfterFailure(locked awsstepfunctions.Parallel) {
	failed := awsstepfunctions.Fail_Jsonata(l, jsii.String("JobFailed"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(expression("$jobLockError")),
		Cause: jsii.String(expression("$jobLockCause")),
	})
	release := l.release("ReleaseAfterFailure", object{})
	release.AddCatch(failed, &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.ALL")})
	release.Next(failed)
	text := func(member string) string { // a Fail state may have neither
		return expression("$type($states.errorOutput.%s) = 'string' ? $states.errorOutput.%[1]s : ''", member)
	}
	locked.AddCatch(release, &awsstepfunctions.CatchProps{
		Errors:  jsii.Strings("States.ALL"),
		Assign:  &object{"jobLockError": text("Error"), "jobLockCause": text("Cause")},
		Outputs: object{},
	})
}

func (l *jobLock) choice(id string) awsstepfunctions.Choice {
	return awsstepfunctions.Choice_Jsonata(l, jsii.String(id), nil)
}

func (l *jobLock) wait() awsstepfunctions.Wait {
	every := awscdk.Duration_Seconds(jsii.Number(pause))
	if l.settings.Overlap == Wait {
		every = l.settings.PollEvery
	}
	return awsstepfunctions.Wait_Jsonata(l, jsii.String("WaitForLock"), &awsstepfunctions.WaitJsonataProps{
		Time: awsstepfunctions.WaitTime_Duration(every),
	})
}

func condition(format string, args ...any) awsstepfunctions.Condition {
	return awsstepfunctions.Condition_Jsonata(jsii.String(expression(format, args...)))
}

// key names the lock in its table.
func (l *jobLock) key() string {
	if l.settings.Key != nil {
		return *l.settings.Key
	}
	return expression(machineARN)
}
