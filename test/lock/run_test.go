package lock

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/stack"
)

// dawn is when virtual time begins.
var dawn = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// moment is when an execution is started or stopped.
type moment struct {
	after   time.Duration
	machine string // its ARN
	name    string // of the execution
	input   object
	stops   bool
}

func (m *moment) steps() object {
	step := object{"at": dawn.Add(m.after).Format(time.RFC3339Nano)}
	if m.stops {
		step["stop"] = executionARN(m.machine, m.name)
	} else {
		step["start"] = object{"StateMachineArn": m.machine, "Name": m.name, "Input": m.input}
	}
	return step
}

// plan is a run of the driver.
type plan struct {
	moments []moment
	last    moment
	between func(context.Context, *engine.Request, engine.IntegrationFunc) (any, error)
	engine  []engine.Option
}

// run lets the driver execute a plan on a virtual clock.
func (w *world) run(t testing.TB, p *plan, watch *watch) {
	t.Helper()
	slices.SortStableFunc(p.moments, func(a, b moment) int { return int(a.after - b.after) })
	steps := []object{}
	for _, m := range p.moments {
		steps = append(steps, m.steps())
	}
	input, err := json.Marshal(object{"moments": steps, "last": p.last.steps()})
	if err != nil {
		t.Fatal(err)
	}
	options := []engine.Option{
		engine.WithClock(engine.VirtualClock(dawn)),
		engine.WithIntegration("arn:aws:states:::sqs:sendMessage", engine.ImmediateFunc(func(*engine.Request) engine.Answer {
			return engine.Answer{Err: &engine.TaskError{Name: "States.Runtime", Cause: "nothing catches this"}}
		})),
	}
	x, err := w.Execute(context.Background(), w.driver, stack.Execution{
		Name: "driver", Input: input, History: watch.event, Between: p.between, Engine: append(options, p.engine...),
	})
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != engine.Succeeded {
		if last := watch.executions[executionARN(p.last.machine, p.last.name)]; last == nil {
			t.Fatalf("the driver: got %s %s %s, expected SUCCEEDED", x.Status, x.Error, x.Cause)
		}
	}
}
