package mocks_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/mocks"
)

// file is a mocks file with one test case of one state machine, in which the
// state Call is answered by Response.
func file(response string) string {
	return `{"StateMachines": {"Machine": {"TestCases": {"Case": {"Call": "Response"}}}}, "MockedResponses": {"Response": ` + response + `}}`
}

func parse(t *testing.T, definition string) *asl.StateMachine {
	t.Helper()
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return machine
}

// run runs a definition against a response, on a virtual clock.
func run(t *testing.T, definition, response, input string) *engine.Execution {
	t.Helper()
	machine := parse(t, definition)
	f, err := mocks.Parse([]byte(file(response)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Case("", "", machine)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(machine, append(c.Options(), engine.WithClock(engine.VirtualClock(time.Unix(0, 0))))...)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(context.Background(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// call is a flow of one task, with more fields of it.
func call(resource, more string) string {
	return `"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "` + resource + `", "End": true` + more + `}}`
}

const (
	lambda = "arn:aws:states:::lambda:invoke"
	retry  = `, "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}], "OutputPath": "$.Payload"`
	// twice throws twice, then returns twice.
	twice = `{"0": {"Throw": {"Error": "Busy", "Cause": "first"}}, "1": {"Throw": {"Error": "Busy"}}, "2-3": {"Return": {"StatusCode": 200, "Payload": "done"}}}`
)

func TestCallsCountOverTheWholeExecution(t *testing.T) {
	for name, c := range map[string]struct{ definition, input, expected string }{
		"retries":        {`{` + call(lambda, retry) + `}`, `{}`, `"done"`},
		"Map iterations": {`{"StartAt": "Map", "States": {"Map": {"Type": "Map", "End": true, "MaxConcurrency": 1, "Iterator": {` + call(lambda, retry) + `}}}}`, `[1, 2]`, `["done","done"]`},
		"Map Run children": {`{"StartAt": "Map", "States": {"Map": {"Type": "Map", "End": true, "MaxConcurrency": 1, "ItemProcessor": {` +
			`"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, ` + call(lambda, retry) + `}}}}`, `[1, 2]`, `["done","done"]`},
	} {
		t.Run(name, func(t *testing.T) {
			x := run(t, c.definition, twice, c.input)
			if x.Status != engine.Succeeded || string(x.Output) != c.expected {
				t.Errorf("got %s %s %s %s, expected %s", x.Status, x.Output, x.Error, x.Cause, c.expected)
			}
		})
	}
}

func TestThrowFailsTheState(t *testing.T) {
	x := run(t, `{`+call(lambda, "")+`}`, twice, `{}`)
	if x.Status != engine.Failed || x.Error != "Busy" || x.Cause != "first" {
		t.Errorf("got %s %s %s, expected FAILED Busy first", x.Status, x.Error, x.Cause)
	}
}

func TestReturnAcceptsAnyValue(t *testing.T) {
	for _, v := range []string{`"text"`, `[1,2]`, `null`, `false`} {
		if x := run(t, `{`+call(lambda, "")+`}`, `{"0": {"Return": `+v+`}}`, `{}`); string(x.Output) != v {
			t.Errorf("got %s, expected %s", x.Output, v)
		}
	}
}

func TestMockAnswersTasksThatWait(t *testing.T) {
	for resource, parameters := range map[string]string{
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken": `{"QueueUrl": "q", "MessageBody": 1}`,
		"arn:aws:states:::glue:startJobRun.sync":            `{"JobName": "j"}`,
	} {
		definition := `{` + call(resource, `, "Parameters": `+parameters) + `}`
		if x := run(t, definition, `{"0": {"Return": "back"}}`, `{}`); string(x.Output) != `"back"` {
			t.Errorf("got %s %s %s of %s, expected back", x.Output, x.Error, x.Cause, resource)
		}
		if x := run(t, definition, `{"0": {"Throw": {"Error": "No", "Cause": "never"}}}`, `{}`); x.Error != "No" || x.Cause != "never" {
			t.Errorf("got %s %s %s of %s, expected No never", x.Output, x.Error, x.Cause, resource)
		}
	}
}

// A missing mock must not look like a failure that the definition handles.
func TestCallWithoutAnAnswerIsNotCaught(t *testing.T) {
	for _, resource := range []string{lambda, "arn:aws:states:::sqs:sendMessage.waitForTaskToken"} {
		x := run(t, `{`+call(resource, `, "Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Call"}]`)+`}`,
			`{"0": {"Throw": {"Error": "Busy"}}}`, `{}`)
		expected := `the mocked response Response has no answer for call 1 of the state Call: add "1" to it`
		if x.Status != engine.Failed || x.Error != "States.Runtime" || x.Cause != expected {
			t.Errorf("got %s %s %s, expected FAILED States.Runtime %s", x.Status, x.Error, x.Cause, expected)
		}
	}
}

func TestParseReportsProblemsByPath(t *testing.T) {
	const response = "$.MockedResponses.Response"
	for _, c := range []struct{ text, expected string }{
		{`[]`, `$: got an array, expected an object`},
		{`{`, `$: got text that is not JSON, expected a JSON object`},
		{`{"MockedResponses": {}}`, `$: got no StateMachines, expected an object`},
		{`{"StateMachines": {}, "MockedResponse": {}}`, `$.MockedResponse: got an unknown field, expected StateMachines or MockedResponses`},
		{`{"StateMachines": {"A b": {"TestCases": {"Case": {"Call": "Other"}}}}, "MockedResponses": {}}`,
			`$.StateMachines['A b'].TestCases.Case.Call: got "Other", expected the name of a response in MockedResponses`},
		{`{"StateMachines": {"M": {}}, "MockedResponses": {}}`, `$.StateMachines.M: got no TestCases, expected an object`},
		{file(`{}`), response + `: got no answer, expected one for the call "0"`},
		{file(`{"1": {"Return": 1}}`), response + `.1: got an answer for call 1 and none for call 0, expected one for each`},
		{file(`{"0": {"Return": 1}, "2-3": {"Return": 1}}`), response + `.2-3: got an answer for call 2 and none for call 1, expected one for each`},
		{file(`{"0-2": {"Return": 1}, "1": {"Return": 1}, "3": {"Return": 1}}`), response + `.1: got a second answer for call 1, expected one for each`},
		{file(`{"2-1": {"Return": 1}}`), response + `.2-1: got "2-1", expected the number of a call or a range of them, such as "0" or "1-2"`},
		{file(`{"first": {"Return": 1}}`), response + `.first: got "first", expected the number of a call`},
		{file(`{"0": {}}`), response + `.0: got neither Return nor Throw, expected one of them`},
		{file(`{"0": {"Return": 1, "Throw": {"Error": "E"}}}`), response + `.0: got both Return and Throw, expected one of them`},
		{file(`{"0": {"return": 1}}`), response + `.0.return: got an unknown field, expected Return or Throw`},
		{file(`{"0": {"Throw": {"Cause": "c"}}}`), response + `.0.Throw: got no Error, expected the name of an error`},
		{file(`{"0": {"Throw": {"Error": 4}}}`), response + `.0.Throw.Error: got 4, expected a string`},
		{file(`{"0": {"Throw": "E"}}`), response + `.0.Throw: got "E", expected an object`},
	} {
		if _, err := mocks.Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("got %v of %s, expected %s", err, c.text, c.expected)
		}
	}
}

func TestCaseMatchesTheDefinition(t *testing.T) {
	f, err := mocks.Parse([]byte(`{"StateMachines": {
			"One": {"TestCases": {"A": {"Call": "R"}, "B": {"Gone": "R", "Wait": "R"}}},
			"Two": {"TestCases": {}}
		}, "MockedResponses": {"R": {"0": {"Return": 1}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	machine := parse(t, `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "Next": "Call"}, "Call": {"Type": "Task", "Resource": "`+lambda+`", "End": true}}}`)
	if _, err := f.Case("One", "A", machine); err != nil {
		t.Errorf("got %v, expected no error", err)
	}
	for _, c := range []struct{ machine, testCase, expected string }{
		{"", "A", `state machine: got no name, expected one of One, Two`},
		{"Three", "A", `state machine: got "Three", expected one of One, Two`},
		{"One", "", `test case of One: got no name, expected one of A, B`},
		{"One", "C", `test case of One: got "C", expected one of A, B`},
		{"Two", "", `test case of Two: got none in the file, expected at least one`},
		{"One", "B", `$.StateMachines.One.TestCases.B.Gone: got "Gone", expected the name of a Task state of the definition`},
		{"One", "B", `$.StateMachines.One.TestCases.B.Wait: got a Wait state, expected a Task state: no other can be mocked`},
	} {
		if _, err := f.Case(c.machine, c.testCase, machine); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("got %v, expected %s", err, c.expected)
		}
	}
}
