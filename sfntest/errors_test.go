package sfntest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/template/templatetest"
	"github.com/mapjob/mapjob/sfntest/internal/replay"
)

// shop has two state machines and three functions.
const shop = `{"Resources": {
  "ChargeFunction17B51F4A": {"Type": "AWS::Lambda::Function", "Properties": {}},
  "ShipC1D31C7A": {"Type": "AWS::Lambda::Function", "Properties": {}, "Metadata": {"aws:cdk:path": "Shop/Ship/Resource"}},
  "Unused": {"Type": "AWS::Lambda::Function", "Properties": {}, "Metadata": {"aws:cdk:path": "Shop/Unused/Resource"}},
  "Orders": {"Type": "AWS::SQS::Queue", "Properties": {}},
  "News": {"Type": "AWS::SNS::Topic", "Properties": {}},
  "Sale": {"Type": "AWS::StepFunctions::StateMachine", "Metadata": {"aws:cdk:path": "Shop/Sale/Resource"}, "Properties": {
    "DefinitionString": {"Fn::Sub": "{\"StartAt\":\"Charge\",\"States\":{\"Charge\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Parameters\":{\"FunctionName\":\"${ChargeFunction17B51F4A.Arn}\"},\"Next\":\"Ship\"},\"Ship\":{\"Type\":\"Task\",\"Resource\":\"${ShipC1D31C7A.Arn}\",\"Next\":\"Convert\"},\"Convert\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::glue:startJobRun.sync\",\"Parameters\":{\"JobName\":\"j\"},\"End\":true}}}"}}},
  "Return": {"Type": "AWS::StepFunctions::StateMachine", "Metadata": {"aws:cdk:path": "Shop/Return/Resource"}, "Properties": {
    "DefinitionString": "{\"StartAt\":\"Wait\",\"States\":{\"Wait\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}}"}}}}`

func parsed(t *testing.T, text string) *Stack {
	t.Helper()
	return Parse(t, []byte(text))
}

func nothing(context.Context, json.RawMessage) (any, error) { return nil, nil }

// failure returns the message with which f fails a test.
func failure(t *testing.T, f func(reporter)) (message string) {
	t.Helper()
	unlessStopped(func() {
		f(recorder{func(_, reason string) { message = reason }})
		t.Error("got no failure, expected one")
	})
	return message
}

func TestOptionsThatDoNotFitTheStackAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			options  []Option
			expected []string
		}{
			"nothing": {nil, []string{
				`function Charge (ChargeFunction17B51F4A), which state Charge invokes: got no handler, expected sfntest.Handle("Charge", …) or sfntest.HandleFunc("Charge", …)`,
				`function Ship (ShipC1D31C7A), which state Ship invokes: got no handler, expected sfntest.Handle("Ship", …)`,
				`state Convert: got arn:aws:states:::glue:startJobRun.sync, which has no fake, expected sfntest.HandleTask("Convert", …)`,
			}},
			"a misspelt function": {[]Option{HandleFunc("Shp", nothing)}, []string{
				`function "Shp": got a handler, expected the name of one of the stack's functions: Ship, or one of Charge, Unused`,
			}},
			"an unknown function": {[]Option{HandleFunc("Everything", nothing)}, []string{
				`function "Everything": got a handler, expected the name of one of the stack's functions: one of Charge, Ship, Unused`,
			}},
			"no handler":               {[]Option{Handle("Ship", nil)}, []string{`function "Ship": got no handler, expected one`}},
			"no function of a handler": {[]Option{HandleFunc[any, any]("Ship", nil)}, []string{`function "Ship": got no handler, expected one`}},
			"no function of a task":    {[]Option{HandleTask("Convert", nil)}, []string{`task Convert: got no function, expected one`}},
			"two handlers":             {[]Option{HandleFunc("Ship", nothing), HandleFunc("ShipC1D31C7A", nothing)}, []string{`function Ship: got two handlers, expected one`}},
			"two tasks":                {[]Option{HandleTask("Convert", nothing), HandleTask("Convert", nothing)}, []string{`task Convert: got two functions, expected one`}},
			"an unknown task":          {[]Option{HandleTask("Convrt", nothing)}, []string{`task "Convrt": got a handler, expected the name of a Task state or the resource of one: `, `Convert`}},
			"a time in the past":       {[]Option{StartAt(time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC))}, []string{`StartAt: got 1999-12-31T00:00:00Z, expected a time from 2000-01-01T00:00:00Z`}},
			"a time after the clock":   {[]Option{StartAt(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC))}, []string{`StartAt: got 3000-01-01T00:00:00Z, expected a time from 2000-01-01T00:00:00Z and before 2261-01-01T00:00:00Z`}},
			"a fault that is none": {[]Option{Inject(Fault{Fault: "crash", When: "sometimes"}, Fault{Fault: "bang"})}, []string{
				`fault 1 of Inject: when: got "sometimes" with the fault crash, expected before, or after, or write N, from 1`,
				`fault 2 of Inject: fault: got "bang", expected one of error, throttle`,
			}},
		} {
			err := (&World{t: t}).deploy(parsed(t, shop), c.options)
			if err == nil {
				t.Errorf("%s: got no error, expected %s", name, c.expected)
				continue
			}
			for _, expected := range c.expected {
				if !strings.Contains(err.Error(), expected) {
					t.Errorf("%s: got\n%v\nexpected %s", name, err, expected)
				}
			}
		}
	})
}

func shopOptions() []Option {
	return []Option{HandleFunc("Charge", nothing), HandleFunc("Ship", nothing), HandleTask("Convert", nothing)}
}

// world deploys a stack whose failures are returned by failure.
func world(t *testing.T, r reporter, s *Stack, options ...Option) *World {
	t.Helper()
	w := &World{t: r}
	if err := w.deploy(s, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func TestFailuresSayWhatToDo(t *testing.T) {
	const token = `{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true,
		"Parameters":{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/1/Q","MessageBody.$":"$$.Task.Token"}}}}`
	const fails = `{"StartAt":"No","States":{"No":{"Type":"Fail","Error":"Refused","Cause":"by the bank"}}}`
	for name, c := range map[string]struct {
		stack    string
		options  []Option
		do       func(*World)
		expected string
	}{
		"an unknown state machine": {shop, shopOptions(), func(w *World) { w.Start("Sell", nil) }, `Start: state machine "Sell": not found, expected Sale, or one of Return`},
		"one of several":           {shop, shopOptions(), func(w *World) { w.Start("", nil) }, `Start: got no name of a state machine, expected one of Return, Sale`},
		"an input that is no JSON": {token, nil, func(w *World) { w.Start("", make(chan int)) }, `Start: encoding the input: json: unsupported type: chan int`},
		"a name that is taken": {token, nil, func(w *World) { w.StartNamed("", "a", nil); w.StartNamed("", "a", nil) },
			`execution:StateMachine:a: `},
		"no end": {token, nil, func(w *World) { w.Start("", nil).RunToEnd() },
			"RunToEnd: execution-1 waits without an end:\n  state Ask waits for a token: answer it with Waits()[0].Succeed(…) or Fail(…):\n0s        execution-1 started with null\n0s        Ask: entered\n"},
		"an output of one that runs": {token, nil, func(w *World) { w.Start("", nil).Output(nil) }, "Output: got an execution that is RUNNING, expected one that has succeeded"},
		"an output of one that failed": {fails, nil, func(w *World) {
			x := w.Start("", nil)
			x.RunToEnd()
			x.Output(nil)
		}, "Output: got an execution that is FAILED with Refused: by the bank, expected one that has succeeded:\n0s        execution-1 started with null\n0s        No: entered\n0s        execution-1 failed: Refused: by the bank"},
		"a token twice": {token, nil, func(w *World) {
			x := w.Start("", nil)
			w.RunUntilBlocked()
			k := x.Waits()[0]
			k.Succeed(1)
			w.RunUntilBlocked()
			k.Fail("E", "")
		}, "Fail: the task of state Ask is over, expected one that waits"},
		"two answers": {token, nil, func(w *World) {
			x := w.Start("", nil)
			w.RunUntilBlocked()
			x.Waits()[0].Succeed(1)
			x.Waits()[0].Succeed(2)
		}, "Succeed: the task of state Ask has an answer already, expected one"},
		"a heartbeat after the answer": {token, nil, func(w *World) {
			x := w.Start("", nil)
			w.RunUntilBlocked()
			x.Waits()[0].Fail("E", "")
			x.Waits()[0].Heartbeat()
		}, "Heartbeat: the task of state Ask has an answer already, expected one"},
		"an error that is too long": {token, nil, func(w *World) {
			x := w.Start("", nil)
			w.RunUntilBlocked()
			x.Waits()[0].Fail(strings.Repeat("é", 257), "")
		}, "Fail: got an error of 257 characters, expected at most 256"},
		"a cause that is too long": {token, nil, func(w *World) {
			x := w.Start("", nil)
			w.RunUntilBlocked()
			x.Waits()[0].Fail(strings.Repeat("é", 256), strings.Repeat("é", 32769))
		}, "Fail: got a cause of 32769 characters, expected at most 32768"},
		"a stop with a cause that is too long": {token, nil, func(w *World) { w.Start("", nil).Stop("E", strings.Repeat("c", 32769)) },
			"Stop: got a cause of 32769 characters, expected at most 32768"},
		"an output that is too large": {token, nil, func(w *World) {
			x := w.Start("", nil)
			w.RunUntilBlocked()
			x.Waits()[0].Succeed(strings.Repeat("x", 262143))
		}, "Succeed: got an output of 262145 bytes, expected at most 262144"},
		"a timer as a token": {shop, shopOptions(), func(w *World) {
			x := w.Start("Return", nil)
			w.RunUntilBlocked()
			x.Waits()[0].Heartbeat()
		}, "Heartbeat: state Wait waits for a timer, expected a token"},
		"an unknown resource":           {shop, shopOptions(), func(w *World) { w.Name("Nothing") }, `Name: got resource "Nothing", expected one of: `},
		"a resource without a template": {token, nil, func(w *World) { w.Name("Queue") }, `Name: "Queue": got a definition without a template, expected a template with resources`},
		"an output of another type":     {`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`, nil, func(w *World) { x := w.Start("", 1); x.RunToEnd(); x.Output(new(string)) }, "Output: got 1: json: cannot unmarshal number"},
		"a token of a child that nobody answers": {`{"Resources":{"Child":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"DefinitionString":` + strconv.Quote(token) + `}},
			"Parent":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"DefinitionString":{"Fn::Sub":` + strconv.Quote(`{"StartAt":"Run","States":{"Run":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"${Child}"},"End":true}}}`) + `}}}}}`,
			nil, func(w *World) { w.Start("Parent", nil).RunToEnd() },
			"RunToEnd: execution-1 waits without an end:\n  state Run waits for an execution\n  state Ask waits for a token: answer it with World.Waits()[1].Succeed(…) or Fail(…):\n"},
		"a time after the clock": {token, nil, func(w *World) { w.Advance(math.MaxInt64) }, "Advance: got 2562047h47m16.854775807s at 2000-01-01T00:00:00Z, expected a duration that is not negative, and a time before 2262-01-01T00:00:00Z"},
		"a time that goes back":  {token, nil, func(w *World) { w.Advance(-time.Hour) }, "Advance: got -1h0m0s at 2000-01-01T00:00:00Z, expected a duration that is not negative"},
		"an execution after the clock": {token, nil, func(w *World) {
			w.Advance(261 * 366 * 24 * time.Hour)
			w.Start("", nil)
		}, "Start: got an execution after 2261-01-01T00:00:00Z, expected one before: it may take a year"},
		"an output in bytes":              {token, nil, func(w *World) { x := w.Start("", nil); w.RunUntilBlocked(); x.Waits()[0].Succeed([]byte("1")) }, "Succeed: encoding the output: got a []byte, expected a json.RawMessage of it, or a value to encode as JSON"},
		"an input in bytes":               {token, nil, func(w *World) { w.Start("", []byte("{}")) }, "Start: encoding the input: got a []byte, expected a json.RawMessage of it"},
		"an output that can't be encoded": {token, nil, func(w *World) { x := w.Start("", nil); w.RunUntilBlocked(); x.Waits()[0].Succeed(func() {}) }, "Succeed: encoding the output: json: unsupported type: func()"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := failure(t, func(r reporter) { c.do(world(t, r, parsed(t, c.stack), c.options...)) })
				if !strings.Contains(got, c.expected) {
					t.Errorf("got\n%s\nexpected\n%s", got, c.expected)
				}
			})
		})
	}
}

func TestTextsThatAreNoStack(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{
		`[]`:                "got a text that is not an object, expected a template or a definition",
		`{"a": 1}`:          "got an object with neither Resources nor States, expected a template or a definition in Amazon States Language",
		`{"States": `:       "got a text that is not JSON: unexpected end of JSON input",
		"States: {\n":       "line ",
		`{"Resources": {}}`: "got a template without resources, expected at least one",
		"StartAt: !Ref A\nStates: {A: {Type: Succeed}}": "line 1: got the tag !Ref, expected none",
		`{"Parameters": {"Size": {"Type": "String"}}, "Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Ref": "Size"}}}}}`:                         "parameter Size of stack Stack has no default, expected a value: give it a Default",
		`{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Metadata": {"aws:cdk:path": "Flow/M/Resource"}, "Properties": {"DefinitionString": {"Fn::ImportValue": "Data:Orders"}}}}}`: `got an import of "Data:Orders", expected a template that needs no other: open the cloud assembly, which has both stacks, with sfntest.Open(t, "cdk.out:Flow")`,
		`{"StartAt": "Lost"}`:                               "$.States",
		`{"States": {"A": {}}}`:                             "$.StartAt",
		`{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`: "got a template without state machines, expected at least one",
		`{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pas\"}}}"}}}}`: "state machine M: ",
	} {
		if _, err := deployment.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got error %v, expected %s", text, err, expected)
		}
	}
	// All problems of a definition at once.
	_, err := deployment.Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Wait", "Next": "B"}, "C": {"Type": "Pass", "End": true}}}`))
	for _, expected := range []string{"$.States.A", "$.States.C"} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected a problem of %s as well", err, expected)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	machine := map[string]any{"Type": "AWS::StepFunctions::StateMachine", "Properties": map[string]any{"DefinitionString": `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}`}}
	_, folder := templatetest.Stack(t, map[string]any{"M": machine}, nil)
	file := filepath.Join(t.TempDir(), "wait.asl.yaml")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "StartAt: W\nStates:\n  W: {Type: Wait, Seconds: 1, End: true}\n")
	several := t.TempDir()
	write(filepath.Join(several, "template.json"), `{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}}"}}}}`)
	var artifacts []string
	for _, name := range []string{"Shop", "Site"} {
		artifacts = append(artifacts, fmt.Sprintf(`"%s": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "template.json"}}`, name))
	}
	write(filepath.Join(several, "manifest.json"), `{"artifacts": {`+strings.Join(artifacts, ",")+`}}`)
	for path, expected := range map[string]string{
		folder: "", folder + ":Stack": "", file: "", several + ":Shop": "", several + ":Site": "",
		folder + ":Other":   folder + `: got stack "Other", expected one of Stack`,
		several + ":Sho":    several + `: got stack "Sho", expected Shop, or one of Site`,
		several:             several + ": got 2 stacks, expected one after a colon, such as " + several + ":Shop: Shop, Site",
		file + ":Shop":      "got Shop after " + file + ", which is a file, expected the folder of a cloud assembly",
		filepath.Dir(file):  filepath.Dir(file) + ": got a folder without a manifest.json, expected that of a cloud assembly, such as cdk.out, which cdk synth writes",
		folder + "/nowhere": "no such file or directory, expected a file, or the folder of a cloud assembly such as cdk.out",
	} {
		got := ""
		if _, err := deployment.Open(path); err != nil {
			got = err.Error()
		}
		if got != expected && (expected == "" || !strings.Contains(got, expected)) {
			t.Errorf("%s: got %q, expected %q", path, got, expected)
		}
	}
}

// A fault has the fields that a file has.
func TestAFaultHasTheFieldsOfTheFile(t *testing.T) {
	t.Parallel()
	public, internal := reflect.TypeFor[Fault](), reflect.TypeFor[fault.Fault]()
	if public.NumField() != internal.NumField() {
		t.Fatalf("got %d fields, expected %d", public.NumField(), internal.NumField())
	}
	for i := range public.NumField() {
		one, other := public.Field(i), internal.Field(i)
		if one.Name != other.Name || one.Type != other.Type || one.Tag != other.Tag {
			t.Errorf("got %s %s %s, expected %s %s %s", one.Name, one.Type, one.Tag, other.Name, other.Type, other.Tag)
		}
	}
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "faults.yaml")
	text := "faults:\n- {fault: crash, when: write 3, function: Worker, item: 7, attempt: 0}\n- {fault: slow, call: \"s3:*\", delay: 90s, times: -1}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	first := 0
	expected := []Fault{{Fault: "crash", When: "write 3", Function: "Worker", Items: []int{7}, Attempt: &first}, {Fault: "slow", Call: "s3:*", Delay: 90 * time.Second, Times: -1}}
	got := ReadFaults(t, path)
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("faults (-expected +got):\n%s", diff)
	}
	if err := os.WriteFile(path, []byte(replay.Encode(internal(got))), 0o600); err != nil {
		t.Fatal(err)
	}
	again := ReadFaults(t, path)
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("faults that were written and read (-expected +got):\n%s", diff)
	}
	if got := got[0].String(); got != "crash after write 3 (function Worker, item 7, attempt 0)" {
		t.Errorf("got %s", got)
	}
	for text, expected := range map[string]string{
		"seed: 1": "got seed or share, expected faults only", "faults: [{fault: bang}]": "line 1: ",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := replay.ReadFaults(path); err == nil || !strings.Contains(err.Error(), path+": "+expected) {
			t.Errorf("%s: got error %v, expected %s", text, err, expected)
		}
	}
}

// A fault that never strikes is a mistake, unless its number is after the last one.
func TestFaultsThatNeverStrikeAreFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const call = `{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}}`
		w := &World{t: t}
		err := w.deploy(parsed(t, call), []Option{HandleFunc("f", nothing), Inject(
			Fault{Fault: "slow", Delay: time.Second}, Fault{Fault: "crash", When: "write 9"}, Fault{Fault: "stop", When: "event 99"},
			Fault{Fault: "lost", Attempt: new(3)}, Fault{Fault: "crash", Invocation: 2})})
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		w.Start("", nil).RunToEnd()
		if got := fmt.Sprint(w.unreached()); got != "[lost (attempt 3) crash before the work (invocation 2)]" {
			t.Errorf("got %s, expected the faults of another attempt and another invocation", got)
		}
	})
}
