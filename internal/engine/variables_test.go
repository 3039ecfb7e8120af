package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// text is a JSONata expression for a text of n characters.
func text(n int) string {
	return fmt.Sprintf(`"{%% $join([1..%d].('%s')) & '%s' %%}"`, n/1000, strings.Repeat("x", 1000), strings.Repeat("y", n%1000))
}

// assigning is a state machine with a Pass state for each Assign.
func assigning(assigns ...string) string {
	var states []string
	for i, assign := range assigns {
		states = append(states, fmt.Sprintf(`"S%d":{"Type":"Pass","Assign":%s,"Output":{},"Next":"S%d"}`, i, assign, i+1))
	}
	return fmt.Sprintf(`{"QueryLanguage":"JSONata","StartAt":"S0","States":{%s,"S%d":{"Type":"Succeed"}}}`, strings.Join(states, ","), len(assigns))
}

func TestVariableLimits(t *testing.T) {
	twoTexts := func(n int) string { return `{"a":` + text(n) + `,"b":` + text(n) + `}` }
	var forty []string
	for i := range 40 {
		forty = append(forty, fmt.Sprintf(`{"v%d":%s}`, i, text(262_142)))
	}
	for _, c := range []struct {
		quote      string
		definition string
		cause      string // "" if the execution succeeds
	}{
		{"One variable holds at most 262,144 bytes of serialized JSON, quotes included", assigning(`{"x":` + text(262_142) + `}`), ""},
		{"Variable size limit exceeded. Variable 'x' in state 'S' was assigned N bytes", assigning(`{"x":` + text(262_143) + `}`),
			"Variable size limit exceeded. Variable 'x' in state 'S0' was assigned 262145 bytes."},
		{"Two strings of 131,070 characters in one Assign pass", assigning(twoTexts(131_070)), ""},
		{"two of 131,071 fail", assigning(twoTexts(131_071)),
			"Variable size limit exceeded. Variable 'b' in state 'S0' was assigned 131073 bytes."},
		{"the same two in two states pass", assigning(`{"a":`+text(131_071)+`}`, `{"b":`+text(131_071)+`}`), ""},
		{"All variables of an execution at most 10,485,760 bytes", assigning(forty...), ""},
		{"over 10,485,760 bytes", assigning(append(forty, `{"more":1}`)...),
			"Variable size limit exceeded. Variable 'more' in state 'S40' was assigned 1 bytes."},
		{"a variable that is assigned again counts once", assigning(append(forty, forty...)...), ""},
	} {
		t.Run(c.quote, func(t *testing.T) {
			x := run(t, c.definition, `{}`)
			if c.cause == "" {
				succeeds(t, x, `{}`)
				return
			}
			if x.Status != engine.Failed || x.Error != "States.DataLimitExceeded" || x.Cause != c.cause {
				t.Errorf("got %s %s %q, expected FAILED States.DataLimitExceeded %q", x.Status, x.Error, x.Cause, c.cause)
			}
		})
	}
}

func TestVariablesOfIterationsThatHaveEndedDoNotCount(t *testing.T) {
	definition := `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% [1..50] %}","MaxConcurrency":1,"Output":"ok","End":true,"ItemProcessor":{
		"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":` + text(250_000) + `},"Output":1,"End":true}}}}}}`
	succeeds(t, run(t, definition, `{}`), `"ok"`)
	// At once they hold 12.5 MB.
	x := run(t, strings.Replace(definition, `"Output":1,"End":true`, `"Output":1,"Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true`, 1), `{}`,
		engine.WithLimits(engine.Limits{VariablesBytes: 300_000}))
	succeeds(t, x, `"ok"`)
	x = run(t, strings.Replace(strings.Replace(definition, `"Output":1,"End":true`, `"Output":1,"Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true`, 1),
		`"MaxConcurrency":1`, `"MaxConcurrency":2`, 1), `{}`, engine.WithLimits(engine.Limits{VariablesBytes: 300_000}))
	fails(t, x, "States.DataLimitExceeded", "Variable 'v' in state 'A' was assigned 250002 bytes.")
}

// `States.ALL` does not catch it, and the events are `EvaluationFailed` with the
// location `Assign`, then `ExecutionFailed`.
func TestStatesALLDoesNotCatchTheVariableLimit(t *testing.T) {
	var events []event.Event
	definition := `{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + lambda + `","Assign":{"x":` + text(262_143) + `},"End":true,
		"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]},"C":{"Type":"Succeed"}}}`
	x := run(t, definition, `{}`, engine.WithIntegration(lambda, payload), engine.WithHistory(func(e event.Event) { events = append(events, e) }))
	const cause = "Variable size limit exceeded. Variable 'x' in state 'T' was assigned 262145 bytes."
	fails(t, x, "States.DataLimitExceeded", cause)
	var got []event.Data
	for _, e := range events[len(events)-2:] {
		got = append(got, e.Data)
	}
	expected := []event.Data{
		{Error: "States.DataLimitExceeded", Cause: cause, Name: "T", Location: "Assign"},
		{Error: "States.DataLimitExceeded", Cause: cause},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("the last two events differ (-expected +got):\n%s", diff)
	}
	if kinds := [2]event.Type{events[len(events)-2].Type, events[len(events)-1].Type}; kinds != [2]event.Type{event.EvaluationFailed, event.ExecutionFailed} {
		t.Errorf("got the last events %v, expected EvaluationFailed and ExecutionFailed", kinds)
	}
}
