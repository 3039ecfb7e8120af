package expression_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

func TestCallErrorsHaveTheNamesOfAWS(t *testing.T) {
	t.Parallel()
	for source, expected := range map[string]expression.Error{
		"States.MathAdd('1', 2)": {Name: "States.Runtime", Field: "x.$",
			Message: `The function 'States.MathAdd('1', 2)' had the following error: the argument: got "1", expected a number`},
		"States.ArrayLength($.missing)": {Name: "States.Runtime", Field: "x.$",
			Message: "The function 'States.ArrayLength($.missing)' had the following error: The JsonPath argument for the field '$.missing' could not be found in the input '{\"a\":1}'"},
	} {
		call, err := expression.CompileCall(source, "x.$")
		if err != nil {
			t.Fatal(err)
		}
		_, err = call.Evaluate(&expression.Scope{Input: value.NewObject("a", 1.0)})
		var got *expression.Error
		if !errors.As(err, &got) {
			t.Errorf("%s: got %v, expected %v", source, err, &expected)
		} else if diff := cmp.Diff(expected, *got); diff != "" {
			t.Errorf("%s: wrong error (-expected +got):\n%s", source, diff)
		}
	}
}

func TestStatesMembersIgnoresStringsAndComments(t *testing.T) {
	t.Parallel()
	for source, expected := range map[string][]string{
		`$states.result & $states.errorOutput.Cause & $states.result`: {"result", "errorOutput"},
		`"$states.result" & $states.input`:                            {"input"},
		`$states.input /* $states.result */`:                          {"input"},
		`$result`:                                                     nil,
	} {
		e, err := expression.CompileJSONata(source, "Output")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expected, e.StatesMembers()); diff != "" {
			t.Errorf("%s: wrong members (-expected +got):\n%s", source, diff)
		}
	}
}

func TestTimestampsAreRFC3339(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]bool{
		"2026-03-14T01:59:00Z": true, "2026-03-14T01:59:00.5+01:00": true, "2026-03-14T01:59Z": true,
		"2026-03-14": false, "2026-03-14t01:59:00Z": false, "2026-03-14 01:59:00Z": false, "2026-03-14T01:59:00": false,
	} {
		if _, ok := expression.ParseTimestamp(text); ok != expected {
			t.Errorf("%s: got %v, expected %v", text, ok, expected)
		}
	}
}

func TestCallReadsTheContextObjectAndVariables(t *testing.T) {
	t.Parallel()
	call, err := expression.CompileCall("States.Format('{} {}', $$.Name, $count)", "x.$")
	if err != nil {
		t.Fatal(err)
	}
	var variables *expression.Variables
	got, err := call.Evaluate(&expression.Scope{
		Context:   expression.ContextFunc(func() *value.Object { return value.NewObject("Name", "job") }),
		Variables: variables.With(value.NewObject("count", 3.0)),
	})
	if err != nil || got != "job 3" {
		t.Errorf("got %v and error %v, expected job 3", got, err)
	}
}
