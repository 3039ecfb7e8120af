package measured_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plan/measured"
	"github.com/mapjob/mapjob/internal/value"
)

// crash is the error of an attempt that is lost.
var crash = &engine.TaskError{Name: "Runtime.ExitError", Cause: "it crashed"}

// count runs a definition and counts it. A function takes a second. Requests to
// functions whose names begin with "bad" fail so many times in a row, for each state
// and its items.
func count(t *testing.T, definition, input string, bad int) *measured.Counting {
	t.Helper()
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	counting := measured.Counter()
	function := engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		parameters, _ := r.Parameters.(*value.Object)
		name, _ := parameters.Get("FunctionName")
		if strings.HasPrefix(fmt.Sprint(name), "bad") && r.Attempt < bad {
			return engine.Answer{Err: crash, Takes: time.Second}
		}
		return engine.Answer{Output: value.NewObject("Payload", "done"), Takes: time.Second}
	})
	e, err := engine.New(machine,
		engine.WithClock(engine.VirtualClock(time.Unix(0, 0))), engine.WithSeed(1), engine.WithHistory(counting.Event),
		engine.WithIntegration("arn:aws:states:::*", function), engine.WithIntegration("arn:aws:lambda:*", function))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), []byte(input)); err != nil {
		t.Fatal(err)
	}
	return counting
}

const task = `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"%s"},"End":true,
	"Retry":[{"ErrorEquals":["Runtime.ExitError"],"MaxAttempts":2}]}`

func machine(states string) string {
	return `{"QueryLanguage":"JSONata","StartAt":"A","States":{` + states + `}}`
}

// distributed is a Distributed Map with children of a type, two items a batch.
func distributed(kind, function string) string {
	return machine(`"A":{"Type":"Map","Label":"Map","End":true,"ToleratedFailurePercentage":100,"ItemBatcher":{"MaxItemsPerBatch":2},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind + `"},"StartAt":"W","States":{"W":` + fmt.Sprintf(task, function) + `}}}`)
}

// The figures follow from the price list's rules, not from this package.
func TestCountsWhatExecutionsUse(t *testing.T) {
	t.Parallel()
	parallel := machine(`"A":{"Type":"Parallel","End":true,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}],"Branches":[
		{"StartAt":"B","States":{"B":{"Type":"Fail","Error":"No"}}}]}`)
	inline := machine(`"A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"W","States":{"W":` + fmt.Sprintf(task, "bad") + `}}}`)
	for _, c := range []struct {
		name, definition, input string
		bad                     int
		expected                string
	}{
		{"a pass", machine(`"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}`), `{}`, 0, "transitions 2, events 6, parent 6"},
		{"a task", machine(`"A":` + fmt.Sprintf(task, "good")), `{}`, 0, "transitions 1, events 7, parent 7; good 1 in 1s"},
		{"a task that is retried", machine(`"A":` + fmt.Sprintf(task, "bad")), `{}`, 2, "transitions 3, events 13, parent 13, retries 2; bad 3 (2 retries) in 1s"},
		{"a task that fails", machine(`"A":` + fmt.Sprintf(task, "bad")), `{}`, 3, "transitions 3, events 12, parent 12, retries 2; bad 3 (2 retries) in 0s"},
		{"a function by its ARN", machine(`"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:work","End":true}`), `{}`, 0,
			"transitions 1, events 7, parent 7; arn:aws:lambda:us-east-1:123456789012:function:work 1 in 1s"},
		{"a function that answers later", machine(`"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":1,"End":true,
			"Arguments":{"FunctionName":"good","Payload":{"token":"{% $states.context.Task.Token %}"}}}`), `{}`, 0, "transitions 1, events 7, parent 7; good 1 in 0s"},
		{"a parallel state that is retried after a Fail state", parallel, `{}`, 0, "transitions 4, events 8, parent 8, retries 1"},
		{"an inline map", inline, `[1,2,3]`, 0, "transitions 4, events 27, parent 27; bad 3 in 3s"},
		{"an inline map with retries", inline, `[1,2,3]`, 1, "transitions 7, events 36, parent 36, retries 3; bad 6 (3 retries) in 3s"},
		{"standard children", distributed("STANDARD", "good"), `[1,2,3]`, 0, "transitions 5, events 22, parent 8, children 2; good 2 in 2s"},
		{"standard children with retries", distributed("STANDARD", "bad"), `[1,2,3]`, 1, "transitions 7, events 28, parent 8, children 2, retries 2; bad 4 (2 retries) in 2s"},
		{"standard children that fail", distributed("STANDARD", "bad"), `[1,2,3]`, 3, "transitions 9, events 32, parent 8, children 2 (2 failed), retries 4; bad 6 (4 retries) in 0s"},
		{"express children", distributed("EXPRESS", "good"), `[1,2,3]`, 0, "transitions 3, events 22, parent 8, children 2, express 2; good 2 in 2s"},
		{"express children with retries", distributed("EXPRESS", "bad"), `[1,2,3]`, 1, "transitions 3, events 28, parent 8, children 2, express 2, retries 2; bad 4 (2 retries) in 2s"},
	} {
		if got := describe(count(t, c.definition, c.input, c.bad)); got != c.expected {
			t.Errorf("%s: got %q, expected %q", c.name, got, c.expected)
		}
	}
}

func describe(c *measured.Counting) string {
	text := fmt.Sprintf("transitions %d, events %d, parent %d", c.Transitions, c.Events, c.ParentEvents)
	if c.Children > 0 {
		text += fmt.Sprintf(", children %d", c.Children)
	}
	if c.FailedChildren > 0 {
		text += fmt.Sprintf(" (%d failed)", c.FailedChildren)
	}
	if c.ExpressRequests > 0 {
		text += fmt.Sprintf(", express %d", c.ExpressRequests)
	}
	if c.Retries > 0 {
		text += fmt.Sprintf(", retries %d", c.Retries)
	}
	took := map[string]time.Duration{}
	for _, s := range c.States {
		took[s.Function] += s.Took
	}
	var functions []string
	for name, f := range c.Functions {
		line := fmt.Sprintf("; %s %d", name, f.Requests)
		if f.Retries > 0 {
			line += fmt.Sprintf(" (%d retries)", f.Retries)
		}
		functions = append(functions, fmt.Sprintf("%s in %.0fs", line, took[name].Seconds()))
	}
	slices.Sort(functions)
	return text + strings.Join(functions, "")
}

func TestCountsStatesByName(t *testing.T) {
	t.Parallel()
	c := count(t, distributed("STANDARD", "bad"), `[1,2,3]`, 1)
	if a, w := c.States["A"], c.States["W"]; a == nil || w == nil || a.Entries != 1 || w.Entries != 2 || w.Retries != 2 || w.Function != "bad" {
		t.Errorf("got %+v and %+v, expected 1 entry of A, 2 of W with 2 retries of bad", a, w)
	}
}
