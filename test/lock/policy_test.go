package lock

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// one starts executions of one state machine, each after some seconds and with an
// input, and returns how they ended. Their names are first, second and so on. The
// lock is free at the end: the next execution takes it.
func (w *world) one(t *testing.T, machine string, inputs map[int]object) (*watch, []*execution) {
	t.Helper()
	arn, seen := w.machineARN(t, machine), newWatch()
	names := []string{"first", "second", "third", "fourth"}
	p := &plan{last: moment{after: time.Hour, machine: arn, name: "last", input: object{"seconds": 1}}}
	for second := range 600 {
		if input, ok := inputs[second]; ok {
			if input["stop"] != nil {
				p.moments = append(p.moments, moment{after: time.Duration(second) * time.Second, machine: arn, name: input["stop"].(string), stops: true})
				continue
			}
			p.moments = append(p.moments, moment{after: time.Duration(second) * time.Second, machine: arn, name: names[0], input: input})
			names = names[1:]
		}
	}
	w.run(t, p, seen)
	if len(seen.overlaps) > 0 {
		t.Error(seen.overlaps)
	}
	if last := seen.executions[executionARN(arn, "last")]; last == nil || last.output != `"done"` {
		t.Errorf("got %+v, expected an execution that starts when all others have ended to do its work", last)
	}
	if owners := w.owners(t); len(owners) > 0 {
		t.Errorf("got the locks %v, expected the last execution to have released it", owners)
	}
	return seen, seen.of(arn)
}

// is checks how an execution ended: its status, its error or output and, if it
// is not 0, how long it took.
func (x *execution) is(t *testing.T, status engine.Status, what string, took time.Duration) {
	t.Helper()
	said := x.output + x.errorName + " " + x.cause
	if x.status != status || !strings.Contains(said, what) || took > 0 && x.ended.Sub(x.started) != took {
		t.Errorf("%s: got %s %.500s after %s, expected %s with %q after %s", x.name, x.status, said, x.ended.Sub(x.started), status, what, took)
	}
}

// unreleased makes the release of the lock fail in executions.
func unreleased(arns ...string) func(context.Context, *engine.Request, engine.IntegrationFunc) (any, error) {
	return func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
		if r.Resource.Action == "deleteItem" && slices.Contains(arns, r.ExecutionARN) {
			return nil, &engine.TaskError{Name: "DynamoDB.AmazonDynamoDBException", Cause: "Rate of requests exceeds the allowed throughput"}
		}
		return call(ctx, r)
	}
}

func TestLock(t *testing.T) {
	w := start(t, assembly(t))

	t.Run("is free: the body runs, and its output is the output", func(t *testing.T) {
		for _, m := range machines {
			for _, output := range []any{"done", []any{}, []any{1.0}, []any{[]any{}}, nil, object{"a": 1.0}, 7.0} {
				_, x := w.one(t, m.id, map[int]object{0: {"seconds": 3, "output": output}})
				if expected, _ := json.Marshal(output); x[0].output != string(expected) {
					t.Errorf("%s: got the output %s, expected %s", m.id, x[0].output, expected)
				}
				x[0].is(t, engine.Succeeded, "", 3*time.Second)
			}
		}
	})
	t.Run("is held: Skip succeeds and says who has it", func(t *testing.T) {
		_, x := w.one(t, "Skip", map[int]object{0: {"seconds": 30}, 10: {"seconds": 30}})
		x[0].is(t, engine.Succeeded, "done", 30*time.Second)
		x[1].is(t, engine.Succeeded, `{"owner":"`+x[0].arn+`","skipped":true}`, 0)
	})
	t.Run("is held: Fail fails and says who has it", func(t *testing.T) {
		_, x := w.one(t, "Fail", map[int]object{0: {"seconds": 30}, 10: {"seconds": 30}})
		x[0].is(t, engine.Succeeded, "done", 30*time.Second)
		x[1].is(t, engine.Failed, "MapJob.AlreadyRunning execution "+x[0].arn+" has the lock", 0)
	})
	t.Run("is held: Wait gets it at the next look after the release", func(t *testing.T) {
		_, x := w.one(t, "Wait", map[int]object{0: {"seconds": 33}, 10: {"seconds": 7}})
		x[0].is(t, engine.Succeeded, "done", 33*time.Second)
		x[1].is(t, engine.Succeeded, "done", 32*time.Second) // it looks every 5 s, from second 10 to 35
	})
	t.Run("is held for too long: Wait ends at its limit", func(t *testing.T) {
		_, x := w.one(t, "Wait", map[int]object{0: {"seconds": 100}, 10: {"seconds": 7}})
		x[0].is(t, engine.Succeeded, "done", 100*time.Second)
		x[1].is(t, engine.Failed, "MapJob.AlreadyRunning execution "+x[0].arn+" has the lock, waited for it for 60 s", waitLimit)
	})
	t.Run("is held: Replace stops the owner, and goes on", func(t *testing.T) {
		_, x := w.one(t, "Replace", map[int]object{0: {"seconds": 30}, 10: {"seconds": 30}})
		x[0].is(t, engine.Aborted, "MapJob.Replaced replaced by execution "+x[1].arn, 10*time.Second)
		x[1].is(t, engine.Succeeded, "done", 31*time.Second) // it looks again whether the owner has ended
		if !x[1].entered.After(x[0].ended) {
			t.Errorf("got the second one in the body at %s, expected the first to have ended before, at %s", x[1].entered, x[0].ended)
		}
	})
	for _, m := range machines {
		t.Run("of an execution that was stopped is taken over: "+m.id, func(t *testing.T) {
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 30}, 10: {"stop": "first"}, 20: {"seconds": 30}})
			x[0].is(t, engine.Aborted, "", 10*time.Second)
			x[1].is(t, engine.Succeeded, "done", 30*time.Second)
		})
		t.Run("of an execution that timed out is taken over: "+m.id, func(t *testing.T) {
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 1000}, 200: {"seconds": 30}})
			x[0].is(t, engine.TimedOut, "", m.timeout)
			x[1].is(t, engine.Succeeded, "done", 30*time.Second)
		})
		t.Run("of an execution that died of States.Runtime is taken over: "+m.id, func(t *testing.T) {
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 5, "does": "die"}, 20: {"seconds": 30}})
			x[0].is(t, engine.Failed, "States.Runtime nothing catches this", 5*time.Second)
			x[1].is(t, engine.Succeeded, "done", 30*time.Second)
		})
		t.Run("of a forgotten execution is taken over: "+m.id, func(t *testing.T) {
			arn := w.machineARN(t, m.id)
			w.putLock(t, arn, executionARN(arn, "of-last-year"), dawn.AddDate(-1, 0, 0))
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 30}})
			x[0].is(t, engine.Succeeded, "done", 30*time.Second)
		})
		// Together they are more than a result may be.
		t.Run("of an execution with an input and an output of 200 KB is seen to be held, and then free: "+m.id, func(t *testing.T) {
			large := strings.Repeat("x", 200_000)
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 20, "output": large}, 10: {"seconds": 1}, 90: {"seconds": 1}})
			if m.policy == replace {
				x[0].is(t, engine.Aborted, "MapJob.Replaced", 10*time.Second)
			} else {
				x[0].is(t, engine.Succeeded, "", 20*time.Second)
			}
			switch m.policy {
			case skip:
				x[1].is(t, engine.Succeeded, `"owner":"`+x[0].arn, 0)
			case fail:
				x[1].is(t, engine.Failed, "MapJob.AlreadyRunning execution "+x[0].arn, 0)
			default:
				x[1].is(t, engine.Succeeded, "done", 0)
			}
			x[2].is(t, engine.Succeeded, "done", time.Second)
		})
		t.Run("is released when the body fails, with its own error: "+m.id, func(t *testing.T) {
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 5, "does": "fail"}, 5: {"seconds": 30}})
			x[0].is(t, engine.Failed, "Body.Failed after 5 s", 5*time.Second)
			x[1].is(t, engine.Succeeded, "done", 30*time.Second)
		})
		t.Run("is released when the body fails without a name: "+m.id, func(t *testing.T) {
			_, x := w.one(t, m.id, map[int]object{0: {"seconds": 1, "does": "fail without a name"}, 1: {"seconds": 2}})
			x[0].is(t, engine.Failed, "", time.Second)
			x[1].is(t, engine.Succeeded, "done", 2*time.Second)
		})
	}
	t.Run("of an owner that ended with an input and an output of 200 KB is taken over", func(t *testing.T) {
		arn, seen := w.machineARN(t, "Wait"), newWatch()
		large := strings.Repeat("x", 200_000)
		w.run(t, &plan{
			moments: []moment{{machine: arn, name: "first", input: object{"seconds": 1, "output": large}}},
			last:    moment{after: time.Hour, machine: arn, name: "last", input: object{"seconds": 1}},
			between: unreleased(executionARN(arn, "first")),
		}, seen)
		x := seen.of(arn)
		if len(x[0].output) != len(large)+len(`""`) {
			t.Errorf("got an output of %d bytes, expected %d", len(x[0].output), len(large)+len(`""`))
		}
		x[0].is(t, engine.Succeeded, "", 0)
		x[1].is(t, engine.Succeeded, `"done"`, time.Second)
	})
	// GetExecutionHistory may not yet know an execution that has just started.
	t.Run("of an owner that is not found is respected for five minutes", func(t *testing.T) {
		arn := w.machineARN(t, "Fail")
		unknown := executionARN(arn, "just-started")
		w.putLock(t, arn, unknown, dawn)
		_, x := w.one(t, "Fail", map[int]object{299: {"seconds": 1}, 300: {"seconds": 1}})
		x[0].is(t, engine.Failed, "MapJob.AlreadyRunning execution "+unknown, 0)
		x[1].is(t, engine.Succeeded, "done", time.Second)
	})
	t.Run("of an owner that is not found can be waited for", func(t *testing.T) {
		arn := w.machineARN(t, "Wait")
		w.putLock(t, arn, executionARN(arn, "just-started"), dawn)
		_, x := w.one(t, "Wait", map[int]object{270: {"seconds": 1}})
		x[0].is(t, engine.Succeeded, "done", 31*time.Second)
	})
	t.Run("can't be released: the body's result stands, and the next start takes the lock over", func(t *testing.T) {
		arn, seen := w.machineARN(t, "Wait"), newWatch()
		input := func(does string) object { return object{"seconds": 1, "does": does} }
		w.run(t, &plan{
			moments: []moment{{machine: arn, name: "first", input: input("")}, {after: 10 * time.Minute, machine: arn, name: "second", input: input("fail")}},
			last:    moment{after: time.Hour, machine: arn, name: "last", input: input("")},
			between: unreleased(executionARN(arn, "first"), executionARN(arn, "second")),
		}, seen)
		x := seen.of(arn)
		x[0].is(t, engine.Succeeded, `"done"`, 0)
		x[1].is(t, engine.Failed, "Body.Failed after 1 s", 0)
		x[2].is(t, engine.Succeeded, `"done"`, 0)
		if owners := w.owners(t); len(owners) > 0 {
			t.Errorf("got the locks %v, expected the last execution to have released it", owners)
		}
	})
	t.Run("is looked at every so often: that is 16 events of the history", func(t *testing.T) {
		_, x := w.one(t, "Wait", map[int]object{0: {"seconds": 22}, 1: {"seconds": 1}})
		_, y := w.one(t, "Wait", map[int]object{0: {"seconds": 27}, 1: {"seconds": 1}})
		if more := y[1].events - x[1].events; more != 16 {
			t.Errorf("got %d events more for one more look, expected 16", more)
		}
	})
	t.Run("stands around states in JSONPath", func(t *testing.T) {
		arn, seen := w.machineARN(t, "JSONPath"), newWatch()
		input := object{"seconds": 12, "output": []string{"done"}}
		w.run(t, &plan{
			moments: []moment{{machine: arn, name: "first", input: input}, {after: time.Second, machine: arn, name: "second", input: input}},
			last:    moment{after: time.Hour, machine: arn, name: "last", input: input},
		}, seen)
		x := seen.of(arn)
		x[0].is(t, engine.Succeeded, `["done"]`, 12*time.Second)
		x[1].is(t, engine.Succeeded, `["done"]`, 27*time.Second)
	})
	t.Run("does not stop executions with another key", func(t *testing.T) {
		seen, p := newWatch(), &plan{}
		for i := range 4 {
			arn := w.machineARN(t, fmt.Sprintf("Shared%d", i))
			for _, name := range []string{"first", "second"} {
				p.moments = append(p.moments, moment{after: time.Duration(len(p.moments)) * time.Second, machine: arn, name: name, input: object{"seconds": 30}})
			}
		}
		p.last = moment{after: time.Hour, machine: p.moments[0].machine, name: "last", input: object{"seconds": 1}}
		w.run(t, p, seen)
		for i := range 4 {
			x := seen.of(w.machineARN(t, fmt.Sprintf("Shared%d", i)))
			x[0].is(t, engine.Succeeded, "done", 30*time.Second)
			x[1].is(t, engine.Failed, "MapJob.AlreadyRunning execution "+x[0].arn, 0)
		}
	})
}
