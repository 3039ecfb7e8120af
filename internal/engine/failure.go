package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// The errors that the service itself raises (developer guide, "Error names").
const (
	errRuntime          = "States.Runtime"
	errTimeout          = "States.Timeout"
	errHeartbeat        = "States.HeartbeatTimeout"
	errTaskFailed       = "States.TaskFailed"
	errAll              = "States.ALL"
	errDataLimit        = "States.DataLimitExceeded"
	errQuery            = "States.QueryEvaluationError"
	errResultPath       = "States.ResultPathMatchFailure"
	errItemReader       = "States.ItemReaderFailed"
	errResultWriter     = "States.ResultWriterFailed"
	errFailureTolerance = "States.ExceedToleratedFailureThreshold"
)

// failure is why a state, a branch or an execution failed.
type failure struct {
	name  string
	cause string
	// location is the field whose expression failed, if one did.
	location string
	// terminal failures end the execution: no Retry and no Catch sees them.
	terminal bool
	// answered is set if the failure is the answer to a task token: what it does
	// not name is null in a catcher's error output.
	answered bool
	// heartbeat is set if a heartbeat was missed.
	heartbeat bool
}

// problem returns the failure as the data of an event.
func (f *failure) problem() *event.Data { return &event.Data{Error: f.name, Cause: f.cause} }

// output returns the failure as a catcher gets it.
func (f *failure) output() *value.Object {
	text := func(s string) any {
		if s == "" && f.answered {
			return nil
		}
		return s
	}
	return value.NewObject("Error", text(f.name), "Cause", text(f.cause))
}

// fail ends an attempt: a retrier starts another one, a catcher goes on in
// another state, or the thread fails.
func (v *visit) fail(f *failure) {
	v.work = nil
	v.contextObject = nil
	if f.terminal {
		v.die(f)
		return
	}
	if v.retry(f) {
		return
	}
	if kind := kindOf(v.state).events().failed; kind != "" && !v.thread.record(kind, f.problem()) {
		return
	}
	if c := v.catcher(f); c != nil {
		v.catch(c, f)
		return
	}
	v.die(f)
}

// failEvaluation fails the state because an expression of it failed.
func (v *visit) failEvaluation(err error) {
	if f := v.evaluationFailure(err); v.recordEvaluation(f) {
		v.fail(f)
	}
}

// failCatch fails the state because an expression of a catcher failed. Nothing
// catches that.
func (v *visit) failCatch(err error) {
	f := v.evaluationFailure(err)
	f.terminal = true
	if v.recordEvaluation(f) {
		v.die(f)
	}
}

// evaluationFailure returns the failure of an expression of the state.
func (v *visit) evaluationFailure(err error) *failure {
	var e *expression.Error
	if !errors.As(err, &e) {
		e = &expression.Error{Name: errRuntime, Message: err.Error()}
	}
	return &failure{name: e.Name, cause: v.sentence(e.Message), location: e.Field, terminal: e.Name == errRuntime}
}

// sentence begins a cause the way the service does.
func (v *visit) sentence(text string) string {
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", v.state.Name, v.enteredID, text)
}

// retries counts the retries of a visit.
type retries struct {
	total     int
	byRetrier []int64
}

func (v *visit) retryCount() int {
	if v.retries == nil {
		return 0
	}
	return v.retries.total
}

// retry starts another attempt if the first retrier that matches has one left
// (developer guide, "Retrying after an error").
func (v *visit) retry(f *failure) bool {
	i := slices.IndexFunc(v.state.Retry, func(r *asl.Retrier) bool { return matches(r.ErrorEquals, f) })
	if i < 0 {
		return false
	}
	if v.retries == nil {
		v.retries = &retries{byRetrier: make([]int64, len(v.state.Retry))}
	}
	r, used := v.state.Retry[i], &v.retries.byRetrier[i]
	if *used >= r.MaxAttempts {
		return false
	}
	delay := v.delay(r, *used)
	*used++
	v.retries.total++
	v.pauseFor(delay, v.attempt)
	return true
}

// delay returns how long to wait before the next attempt: the interval,
// multiplied by the back-off rate for each retry before, at most
// MaxDelaySeconds. Full jitter makes it a random time up to that.
func (v *visit) delay(r *asl.Retrier, before int64) time.Duration {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(before))
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, float64(r.MaxDelaySeconds))
	}
	if r.FullJitter {
		seconds *= v.run.random.Float64()
	}
	return time.Duration(min(seconds*float64(time.Second), math.MaxInt64/2))
}

func (v *visit) catcher(f *failure) *asl.Catcher {
	for _, c := range v.state.Catch {
		if matches(c.ErrorEquals, f) {
			return c
		}
	}
	return nil
}

// catch leaves the state for the catcher's target. OutputPath is not applied.
func (v *visit) catch(c *asl.Catcher, f *failure) {
	errorOutput := f.output()
	scope := v.scope()
	scope.ErrorOutput, scope.HasErrorOutput = errorOutput, true
	var output any = errorOutput
	var err error
	if v.state.QueryLanguage == asl.JSONPath {
		output, err = v.put(c.ResultPath, errorOutput, true)
		scope.Input = errorOutput
	} else if c.Output != nil {
		output, err = c.Output.Evaluate(scope)
	}
	var assigned *value.Object
	if err == nil {
		assigned, err = evaluateAssign(c.Assign, scope)
	}
	if err != nil {
		v.failCatch(err)
		return
	}
	v.exit(c.Next, output, assigned)
}

// matches reports whether ErrorEquals names the failure: a name matches itself,
// States.ALL everything, States.TaskFailed everything except a timeout.
func matches(names []string, f *failure) bool {
	if slices.Contains(names, f.name) || slices.Contains(names, errAll) {
		return true
	}
	if f.heartbeat && slices.Contains(names, errHeartbeat) {
		return true
	}
	return f.name != errTimeout && slices.Contains(names, errTaskFailed)
}
