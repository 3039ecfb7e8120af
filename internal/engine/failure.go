package engine

import (
	"math"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// fail ends an attempt: a retrier starts another one, a catcher goes on
// elsewhere, or the thread fails.
func (v *visit) fail(f *failure) {
	v.work = nil
	v.about = nil
	if !f.terminal && v.retry(f) {
		return
	}
	if f.terminal {
		v.die(f)
		return
	}
	if !v.recordStateFailed(f) {
		return
	}
	if c := v.catcher(f); c != nil {
		v.catch(c, f)
		return
	}
	v.die(f)
}

// recordStateFailed is the event with which Map and Parallel fail for good.
func (v *visit) recordStateFailed(f *failure) bool {
	switch v.state.Type {
	case asl.MapState:
		return v.record(MapStateFailed, &details{errorName: f.name, cause: f.cause})
	case asl.ParallelState:
		return v.record(ParallelStateFailed, &details{errorName: f.name, cause: f.cause})
	}
	return true
}

// retry starts another attempt where the first retrier that matches has one
// left (developer guide, "Retrying after an error").
func (v *visit) retry(f *failure) bool {
	for i, r := range v.state.Retry {
		if !matches(r.ErrorEquals, f) {
			continue
		}
		if v.attempts == nil {
			v.attempts = make([]int64, len(v.state.Retry))
		}
		if v.attempts[i] >= r.MaxAttempts {
			return false
		}
		delay := v.delay(r, v.attempts[i])
		v.attempts[i]++
		v.retries++
		w := &waiting{}
		w.timer = v.loop.after(delay, func() {
			if v.work == working(w) {
				v.work = nil
				v.attempt()
			}
		})
		v.work = w
		return true
	}
	return false
}

// delay is how long to wait before the next attempt: the interval, multiplied
// by the back-off rate for each attempt before, at most MaxDelaySeconds. Full
// jitter makes it any time up to that.
func (v *visit) delay(r *asl.Retrier, before int64) time.Duration {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(before))
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, float64(r.MaxDelaySeconds))
	}
	if r.FullJitter {
		seconds *= v.random.Float64()
	}
	return time.Duration(min(seconds*float64(time.Second), math.MaxInt64/2))
}

// waiting is a visit that waits for a timer.
type waiting struct{ timer *timer }

func (w *waiting) abort(v *visit) { v.loop.stop(w.timer) }

func (v *visit) catcher(f *failure) *asl.Catcher {
	for _, c := range v.state.Catch {
		if matches(c.ErrorEquals, f) {
			return c
		}
	}
	return nil
}

// catch leaves the state for a catcher's target. OutputPath is not applied.
func (v *visit) catch(c *asl.Catcher, f *failure) {
	errorOutput := value.NewObject("Error", f.name, "Cause", f.cause)
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
		assigned, err = assign(c.Assign, scope)
	}
	if err != nil {
		v.failCatch(err)
		return
	}
	v.exit(c.Next, output, assigned)
}

// failCatch is an error while an error is handled: nothing catches it.
func (v *visit) failCatch(err error) {
	e, ok := err.(*expression.Error)
	if !ok {
		e = &expression.Error{Name: errRuntime, Message: err.Error()}
	}
	f := &failure{name: e.Name, cause: v.sentence(e.Message), terminal: true}
	if e.Name == errQuery && !v.record(EvaluationFailed, &details{errorName: f.name, cause: f.cause, name: v.state.Name, location: e.Field}) {
		return
	}
	v.die(f)
}

// matches is the rule of ErrorEquals: a name matches itself, States.ALL
// everything, States.TaskFailed everything but a timeout.
func matches(names []string, f *failure) bool {
	if slices.Contains(names, f.name) || slices.Contains(names, errAll) {
		return true
	}
	if f.heartbeat && slices.Contains(names, errHeartbeat) {
		return true
	}
	return f.name != errTimeout && slices.Contains(names, errTaskFailed)
}
