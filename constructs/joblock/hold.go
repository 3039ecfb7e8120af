package joblock

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Errors of the services that the states handle.
const (
	errConflict = "DynamoDB.ConditionalCheckFailedException"
	errNoOwner  = "Sfn.ExecutionDoesNotExistException"
)

// The variables of the lock's states. A branch can't assign a variable that
// exists outside it, so no body can use these names.
//
//	jobLockInput    the input of the body
//	jobLockSince    when the lock was first found taken, in milliseconds
//	jobLockOwner    the other execution that owned it when it was last read
//	jobLockTakenAt  when the owner took it
//	jobLockStatus   HELD or FREE after a read; else the type of the last event
//	                in the owner's history; DELETED if there is no such execution;
//	                LOST if another execution was faster
//	jobLockError    the error of a body that failed
//	jobLockCause    its cause
//	jobLockOutput   the output of a body whose lock could not be released
const (
	me = "$states.context.Execution.Id"

	// machineARN leaves out the version or the alias that was started, which
	// share the lock.
	machineARN = "$join($split($states.context.StateMachine.Id, ':')[[0..6]], ':')"

	found = "$exists($states.result.Item.owner.S) and $states.result.Item.owner.S != " + me

	// ended is true for an owner that certainly ended. After any other event it
	// counts as running: a redrive adds ExecutionRedriven to a history.
	ended = "$jobLockStatus in ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted', 'DELETED']"

	lost = "$jobLockStatus = 'LOST'"
)

const (
	// grace is how long an owner that can't be found counts as running after it
	// took the lock, in seconds. Step Functions answers are eventually consistent and
	// may not know an execution that has just started. It forgets an execution
	// 90 days after its end.
	grace = 300

	// patience is how long an execution that does not wait for the lock tries
	// again after it lost a race, or waits for a stopped execution to end, in
	// seconds.
	patience = 300

	// pause is the time between two such tries, in seconds.
	pause = 1
)

// Hold returns these states:
//
//	TakeLock ──────────────────────────────────────────▶ Locked ─▶ ReleaseLock ─▶
//	   │ taken                                     ▲       │ body failed
//	   ▼            free                           │       ▼
//	ReadLock ─▶ CheckLock ──────────▶ TakeOverLock ┘     ReleaseAfterFailure ─▶ JobFailed
//	   ▲            ▼                 ▲     │ lost the race
//	   │        LookUpOwner ─▶ CheckOwner ◀─┘
//	   │                          ├─▶ Skipped or AlreadyRunning
//	   └── WaitForLock ◀─(StopOwner)
func (l *jobLock) Hold(body awsstepfunctions.IChainable) awsstepfunctions.Chain {
	take, takeOver, read := l.take(), l.takeOver(), l.read()
	lookUp, checkOwner, wait := l.lookUp(), l.choice("CheckOwner"), l.wait()

	locked := awsstepfunctions.Parallel_Jsonata(l, jsii.String("Locked"), &awsstepfunctions.ParallelJsonataProps{
		Outputs: jsonata.Expression("$states.result[0]"), // there is one branch
	})
	locked.Branch(body)

	take.AddCatch(read, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings(errConflict),
		Assign: &jsonata.Object{"jobLockInput": jsonata.Expression("$states.input"), "jobLockSince": jsonata.Expression("$millis()"), "jobLockOwner": "unknown"},
	})
	take.Next(locked)

	checkLock := l.choice("CheckLock")
	read.Next(checkLock)
	checkLock.When(jsonata.Condition("$jobLockStatus = 'FREE'"), takeOver, jsonata.When("released since")).Otherwise(lookUp)

	lookUp.AddCatch(checkOwner, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings(errNoOwner),
		Assign: &jsonata.Object{"jobLockStatus": jsonata.Expression("$millis() - $toMillis($jobLockTakenAt) < %d ? 'ExecutionStarted' : 'DELETED'", grace*1000)},
	})
	lookUp.Next(checkOwner)

	takeOver.AddCatch(checkOwner, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings(errConflict),
		Assign: &jsonata.Object{"jobLockStatus": "LOST"},
	})
	takeOver.Next(locked)

	checkOwner.When(jsonata.Condition("%s", ended), takeOver, jsonata.When("its owner has ended"))
	l.whileOwnerRuns(checkOwner, wait)
	wait.Next(read)

	release := l.release("ReleaseLock", jsonata.Expression("$states.input"))
	notReleased := awsstepfunctions.Pass_Jsonata(l, jsii.String("LockNotReleased"), &awsstepfunctions.PassJsonataProps{
		Outputs: jsonata.Expression("$jobLockOutput"),
	})
	release.AddCatch(notReleased, &awsstepfunctions.CatchProps{
		Errors: jsii.Strings("States.ALL"),
		Assign: &jsonata.Object{"jobLockOutput": jsonata.Expression("$states.input")},
	})
	locked.Next(release)
	l.releaseAfterFailure(locked)

	return awsstepfunctions.Chain_Custom(take, &[]awsstepfunctions.INextable{release, notReleased}, release)
}

// whileOwnerRuns adds the choices for an owner that has not ended.
func (l *jobLock) whileOwnerRuns(check awsstepfunctions.Choice, wait awsstepfunctions.Wait) {
	since := func(seconds float64) string { return fmt.Sprintf("$millis() - $jobLockSince >= %.0f", seconds*1000) }
	switch overlap := l.overlap.(type) {
	case *Skip:
		var skipped awsstepfunctions.IChainable = awsstepfunctions.Succeed_Jsonata(l, jsii.String("Skipped"), &awsstepfunctions.SucceedJsonataProps{
			Outputs: jsonata.Object{"skipped": true, "owner": jsonata.Expression("$jobLockOwner")},
		})
		if overlap.OnSkipped != nil {
			skipped = overlap.OnSkipped(skipped)
		}
		check.When(jsonata.Condition("%s and $not(%s)", lost, since(patience)), wait, jsonata.When("another has just taken it")).Otherwise(skipped)
	case *Fail:
		check.When(jsonata.Condition("%s and $not(%s)", lost, since(patience)), wait, jsonata.When("another has just taken it")).Otherwise(l.alreadyRunning(""))
	case *Wait:
		limit := overlap.rule().LimitSeconds()
		check.When(jsonata.Condition("%s", since(limit)), l.alreadyRunning(fmt.Sprintf(", waited for it for %.0f s", limit)), jsonata.When("waited long enough")).Otherwise(wait)
	case *Replace:
		stop := l.stop()
		stop.AddCatch(wait, &awsstepfunctions.CatchProps{Errors: jsii.Strings(errNoOwner)})
		stop.Next(wait)
		check.When(jsonata.Condition("%s", since(patience)), l.alreadyRunning(fmt.Sprintf(", and did not end within %d s of being stopped", patience)), jsonata.When("waited long enough"))
		check.When(jsonata.Condition("%s", lost), wait, jsonata.When("another has just taken it")).Otherwise(stop)
	}
}

func (l *jobLock) alreadyRunning(more string) awsstepfunctions.Fail {
	return awsstepfunctions.Fail_Jsonata(l, jsii.String("AlreadyRunning"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorAlreadyRunning),
		Cause: jsii.String(jsonata.Expression("'execution ' & $jobLockOwner & ' has the lock%s'", more)),
	})
}

// releaseAfterFailure releases the lock and fails with the body's error.
func (l *jobLock) releaseAfterFailure(locked awsstepfunctions.Parallel) {
	failed := awsstepfunctions.Fail_Jsonata(l, jsii.String("JobFailed"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(jsonata.Expression("$jobLockError")),
		Cause: jsii.String(jsonata.Expression("$jobLockCause")),
	})
	release := l.release("ReleaseAfterFailure", jsonata.Object{})
	release.AddCatch(failed, &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.ALL")})
	release.Next(failed)
	text := func(member string) string { // a Fail state may have no error and no cause
		return jsonata.Expression("$type($states.errorOutput.%s) = 'string' ? $states.errorOutput.%[1]s : ''", member)
	}
	locked.AddCatch(release, &awsstepfunctions.CatchProps{
		Errors:  jsii.Strings("States.ALL"),
		Assign:  &jsonata.Object{"jobLockError": text("Error"), "jobLockCause": text("Cause")},
		Outputs: jsonata.Object{},
	})
}

func (l *jobLock) choice(id string) awsstepfunctions.Choice {
	return awsstepfunctions.Choice_Jsonata(l, jsii.String(id), nil)
}

func (l *jobLock) wait() awsstepfunctions.Wait {
	seconds := float64(pause)
	if wait, ok := l.overlap.(*Wait); ok {
		seconds = wait.rule().PollSeconds()
	}
	return awsstepfunctions.Wait_Jsonata(l, jsii.String("WaitForLock"), &awsstepfunctions.WaitJsonataProps{
		Time: awsstepfunctions.WaitTime_Duration(awscdk.Duration_Seconds(&seconds)),
	})
}

// key returns the lock's key in its table.
func (l *jobLock) key() string {
	if l.itemKey != nil {
		return *l.itemKey
	}
	return jsonata.Expression(machineARN)
}
