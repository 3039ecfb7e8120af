package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/graph"
)

// trace runs a definition and returns what happened at its states. Tasks fail with the
// errors of their states in turn, then they answer.
func trace(t interface {
	Helper()
	Fatal(...any)
}, machine *asl.StateMachine, input string, errors map[string][]string) *graph.Trace {
	t.Helper()
	events := map[string][]graph.Event{}
	options := []engine.Option{engine.WithClock(engine.VirtualClock(time.Unix(0, 0))), engine.WithSeed(1), engine.WithHistory(func(e event.Event) {
		of := graph.Event{ID: e.ID, PreviousID: e.PreviousID, Type: string(e.Type), State: e.Data.Name}
		if e.Type == event.MapRunStarted {
			of.MapRun = e.Data.Resource
		}
		events[e.ExecutionARN] = append(events[e.ExecutionARN], of)
	})}
	for s := range machine.AllStates() {
		if s.Task == nil {
			continue
		}
		calls := 0
		options = append(options, engine.WithTask(s, engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
			calls++
			if n := calls - 1; n < len(errors[s.Name]) {
				return engine.Answer{Err: &engine.TaskError{Name: errors[s.Name][n]}}
			}
			return engine.Answer{Output: "done"}
		})))
	}
	e, err := engine.New(machine, options...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), []byte(input)); err != nil {
		t.Fatal(err)
	}
	tr := graph.NewTrace()
	for _, list := range events {
		ending := graph.Succeeded
		switch list[len(list)-1].Type {
		case "ExecutionFailed", "ExecutionTimedOut":
			ending = graph.Failed
		case "ExecutionAborted":
			ending = graph.Aborted
		}
		tr.Add(list, ending)
	}
	return tr
}

// visits returns what happened, in a short form, by state, and the transitions that
// were taken.
func visits(g *graph.Graph) (states map[string]graph.Visits, taken map[string]int) {
	states, taken = map[string]graph.Visits{}, map[string]int{}
	names := map[string]string{}
	for _, n := range g.Nodes {
		names[n.ID] = n.Name
		if n.Kind == graph.StateKind {
			states[n.Name] = *n.Visits
		}
	}
	for _, e := range g.Edges {
		if e.Taken > 0 && e.Cause != graph.Starts && e.Cause != graph.EndsFlow {
			taken[names[e.From]+" "+string(e.Cause)+" "+names[e.To]] += e.Taken
		}
	}
	return states, taken
}

func TestATraceCountsWhatHappened(t *testing.T) {
	t.Parallel()
	machine := parse(t, []byte(`{"StartAt": "Both", "States": {
		"Both": {"Type": "Parallel", "Next": "Unused", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tidy"}], "Branches": [
			{"StartAt": "Try", "States": {
				"Try": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Unlucky",
					"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1}], "Catch": [{"ErrorEquals": ["Broken"], "Next": "Mend"}]},
				"Mend": {"Type": "Pass", "Next": "Slow"}, "Unlucky": {"Type": "Pass", "Next": "Slow"},
				"Slow": {"Type": "Wait", "Seconds": 1000, "End": true}}},
			{"StartAt": "Items", "States": {
				"Items": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {"StartAt": "Small", "States": {
					"Small": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 3, "Next": "Fine"}], "Default": "Later"},
					"Later": {"Type": "Wait", "Seconds": 100, "Next": "Large"},
					"Fine": {"Type": "Succeed"}, "Large": {"Type": "Fail", "Error": "Large"}}}}}}]},
		"Unused": {"Type": "Succeed"}, "Tidy": {"Type": "Pass", "End": true}}}`))
	g := graph.New(machine)
	g.Mark(trace(t, machine, `{"items": [1, 2, 3]}`, map[string][]string{"Try": {"Busy", "Busy", "Broken"}}))
	states, taken := visits(g)
	expected := map[string]graph.Visits{
		"Both":    {Status: graph.Caught, Entered: 1, Caught: 1},
		"Try":     {Status: graph.Caught, Entered: 1, Caught: 1, Retries: 2},
		"Mend":    {Status: graph.Succeeded, Entered: 1, Succeeded: 1},
		"Unlucky": {Status: graph.NotReached},
		"Slow":    {Status: graph.Aborted, Entered: 1, Aborted: 1},
		"Items":   {Status: graph.Failed, Entered: 1, Failed: 1, Items: &graph.Items{Total: 3, Succeeded: 2, Failed: 1}},
		"Small":   {Status: graph.Succeeded, Entered: 3, Succeeded: 3},
		"Later":   {Status: graph.Succeeded, Entered: 1, Succeeded: 1},
		"Fine":    {Status: graph.Succeeded, Entered: 2, Succeeded: 2},
		"Large":   {Status: graph.Failed, Entered: 1, Failed: 1},
		"Unused":  {Status: graph.NotReached},
		"Tidy":    {Status: graph.Succeeded, Entered: 1, Succeeded: 1},
	}
	if diff := cmp.Diff(expected, states); diff != "" {
		t.Errorf("visits (-expected +got):\n%s", diff)
	}
	edges := map[string]int{"Try catch Mend": 1, "Mend next Slow": 1, "Small rule Fine": 2, "Small default Later": 1, "Later next Large": 1, "Both catch Tidy": 1}
	if diff := cmp.Diff(edges, taken); diff != "" {
		t.Errorf("transitions (-expected +got):\n%s", diff)
	}
}

// An execution that runs is in the states that its history does not leave.
func TestATraceOfAnExecutionThatRuns(t *testing.T) {
	t.Parallel()
	machine := parse(t, []byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "M"},
		"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}}}}}`))
	tr := graph.NewTrace()
	tr.Add([]graph.Event{
		{ID: 1, Type: "ExecutionStarted"}, {ID: 2, Type: "PassStateEntered", State: "A"}, {ID: 3, PreviousID: 2, Type: "PassStateExited", State: "A"},
		{ID: 4, PreviousID: 3, Type: "MapStateEntered", State: "M"}, {ID: 5, PreviousID: 4, Type: "MapStateStarted"},
		{ID: 6, PreviousID: 5, Type: "MapIterationStarted", State: "M"}, {ID: 7, PreviousID: 6, Type: "WaitStateEntered", State: "W"},
	}, graph.Running)
	g := graph.New(machine)
	g.Mark(tr)
	states, _ := visits(g)
	expected := map[string]graph.Visits{"A": {Status: graph.Succeeded, Entered: 1, Succeeded: 1}, "M": {Status: graph.Running, Entered: 1, Running: 1, Items: &graph.Items{Total: 1}},
		"W": {Status: graph.Running, Entered: 1, Running: 1}}
	if diff := cmp.Diff(expected, states); diff != "" {
		t.Errorf("visits (-expected +got):\n%s", diff)
	}
}

// A redrive goes on with the states that did not succeed: they have not failed then.
func TestATraceOfARedrivenExecution(t *testing.T) {
	t.Parallel()
	machine := parse(t, []byte(`{"StartAt": "M", "States": {
		"M": {"Type": "Map", "Next": "B", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}},
		"B": {"Type": "Parallel", "End": true, "Branches": [
			{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}}]}}}`))
	events := []graph.Event{{Type: "ExecutionStarted"},
		{Type: "MapStateEntered", State: "M"}, {Type: "MapStateStarted"}, {Type: "MapRunStarted", MapRun: "run"}, {Type: "MapRunFailed"},
		{Type: "MapStateFailed"}, {Type: "ExecutionFailed"}, {Type: "ExecutionRedriven"}, {Type: "MapRunRedriven", MapRun: "run"},
		{Type: "MapRunSucceeded"}, {Type: "MapStateSucceeded"}, {Type: "MapStateExited", State: "M"},
		{Type: "ParallelStateEntered", State: "B"}, {Type: "ParallelStateStarted"}, {Type: "PassStateEntered", State: "C"},
		{Type: "PassStateExited", State: "C"}, {Type: "WaitStateEntered", State: "W", PreviousID: 14}, {Type: "WaitStateAborted"},
		{Type: "ParallelStateAborted"}, {Type: "ExecutionAborted"}, {Type: "ExecutionRedriven", PreviousID: 18}, {Type: "WaitStateExited", State: "W"},
		{Type: "ParallelStateSucceeded"}, {Type: "ParallelStateExited", State: "B"}, {Type: "ExecutionSucceeded"}}
	for i := range events {
		events[i].ID = int64(i + 1)
		if events[i].PreviousID == 0 {
			events[i].PreviousID = int64(i)
		}
	}
	succeeded := graph.Visits{Status: graph.Succeeded, Entered: 1, Succeeded: 1}
	for end, expected := range map[int]map[string]graph.Visits{
		7: {"M": {Status: graph.Failed, Entered: 1, Failed: 1}, "P": {Status: graph.NotReached}, "B": {Status: graph.NotReached}, "C": {Status: graph.NotReached}, "W": {Status: graph.NotReached}},
		20: {"M": succeeded, "P": {Status: graph.NotReached}, "B": {Status: graph.Aborted, Entered: 1, Aborted: 1}, "C": succeeded,
			"W": {Status: graph.Aborted, Entered: 1, Aborted: 1}},
		25: {"M": succeeded, "P": {Status: graph.NotReached}, "B": succeeded, "C": succeeded, "W": succeeded},
	} {
		tr := graph.NewTrace()
		tr.Add(events[:end], map[int]graph.Status{7: graph.Failed, 20: graph.Aborted, 25: graph.Succeeded}[end])
		g := graph.New(machine)
		g.Mark(tr)
		states, taken := visits(g)
		if diff := cmp.Diff(expected, states); diff != "" {
			t.Errorf("visits after %d events (-expected +got):\n%s", end, diff)
		}
		if end > 7 && taken["M next B"] != 1 {
			t.Errorf("got transitions %v after %d events, expected one from M to B", taken, end)
		}
	}
}

// What is not known of the children of a Map has no colour, and what is known of some
// of them says so.
func TestChildrenThatWereNotRead(t *testing.T) {
	t.Parallel()
	machine := parse(t, []byte(`{"StartAt": "M", "States": {"M": {"Type": "Map", "Next": "N", "ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}},
		"N": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Some", "States": {"Some": {"Type": "Pass", "Next": "Other"}, "Other": {"Type": "Pass", "End": true}}}}}}`))
	tr := graph.NewTrace()
	tr.Unknown("M")
	tr.Sample("N", "in 1 of 9 child executions")
	tr.Add([]graph.Event{{ID: 1, Type: "ExecutionStarted"}, {ID: 2, PreviousID: 1, Type: "PassStateEntered", State: "Some"}, {ID: 3, PreviousID: 2, Type: "PassStateExited", State: "Some"}}, graph.Succeeded)
	g := graph.New(machine)
	g.Mark(tr)
	for _, n := range g.Nodes {
		switch v := n.Visits; {
		case n.Name == "In" && v != nil:
			t.Errorf("got %v inside a Map whose children are not known, expected nothing", v)
		case n.Name == "Some" && (v == nil || v.Of != "in 1 of 9 child executions"):
			t.Errorf("got %v, expected the number of children that were read", v)
		case n.Name == "Other" && (v == nil || v.Status != graph.NotReached):
			t.Errorf("got %v, expected a state that was not reached", v)
		}
	}
}

// Whatever happens, the visits of each state add up to how often it was entered.
func TestVisitsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := &definition{t: t}
		text, err := json.Marshal(d.flow(2))
		if err != nil {
			t.Fatal(err)
		}
		machine := parse(t, text)
		errors := map[string][]string{}
		for s := range machine.AllStates() {
			errors[s.Name] = rapid.SliceOfN(rapid.SampledFrom([]string{"A", "<E>0", "<E>1", "Other"}), 0, 6).Draw(t, "errors")
		}
		g := graph.New(machine)
		g.Mark(trace(t, machine, `[{"a": "end"}, {"a": "x"}]`, errors))
		for _, n := range g.Nodes {
			v := n.Visits
			if v == nil {
				continue
			}
			if sum := v.Succeeded + v.Caught + v.Failed + v.Aborted + v.Running; sum != v.Entered || v.Running > 0 {
				t.Errorf("%s: got %+v, of which %d have ended, expected all", n.Name, *v, sum)
			}
		}
		for _, e := range g.Edges {
			if e.Taken < 0 {
				t.Errorf("got an edge taken %d times", e.Taken)
			}
		}
	})
}

// A failure inside a state counts for the inner state, although both have the same type.
func TestATraceOfNestedFailures(t *testing.T) {
	t.Parallel()
	for kind, nest := range map[string]string{
		"Parallel": `"Type": "Parallel", "Branches": [{"StartAt": %q, "States": {%s}}]`,
		"Map":      `"Type": "Map", "ItemsPath": "$", "ItemProcessor": {"StartAt": %q, "States": {%s}}`,
	} {
		inner := `"Inner": {` + fmt.Sprintf(nest, "No", `"No": {"Type": "Fail"}`) + `, "End": true}`
		machine := parse(t, []byte(`{"StartAt": "Outer", "States": {"Outer": {`+fmt.Sprintf(nest, "Inner", inner)+
			`, "Next": "Other", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tidy"}]}, "Tidy": {"Type": "Succeed"}, "Other": {"Type": "Succeed"}}}`))
		g := graph.New(machine)
		g.Mark(trace(t, machine, `[[1]]`, nil))
		states, taken := visits(g)
		got := map[string]graph.Status{}
		for name, v := range states {
			got[name] = v.Status
		}
		expected := map[string]graph.Status{"Outer": graph.Caught, "Inner": graph.Failed, "No": graph.Failed, "Tidy": graph.Succeeded, "Other": graph.NotReached}
		if diff := cmp.Diff(expected, got); diff != "" || taken["Outer catch Tidy"] != 1 {
			t.Errorf("%s: got the transitions %v and (-expected +got):\n%s", kind, taken, diff)
		}
	}
}
