package sfntest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/sfntest"
)

// everywhere waits for one thing of each kind, in a Parallel state and in a Map Run.
const everywhere = `{"QueryLanguage": "JSONata", "StartAt": "Set", "States": {
  "Set": {"Type": "Pass", "Assign": {"order": "{% $states.input %}"}, "Next": "All"},
  "All": {"Type": "Parallel", "End": true, "Branches": [
    {"StartAt": "Cool", "States": {"Cool": {"Type": "Wait", "Seconds": 60, "End": true}}},
    {"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 90, "End": true,
      "Arguments": {"FunctionName": "ask", "Payload": {"token": "{% $states.context.Task.Token %}"}}}}},
    {"StartAt": "Count", "States": {"Count": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Arguments": {"FunctionName": "count"}}}},
    {"StartAt": "Convert", "States": {"Convert": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Arguments": {"JobName": "j"}, "End": true}}},
    {"StartAt": "Each", "States": {"Each": {"Type": "Map", "Items": [30, 20, 10], "End": true, "Label": "Each", "MaxConcurrency": 2,
      "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "For", "States": {
        "For": {"Type": "Wait", "Seconds": "{% $states.input %}", "Assign": {"mine": 1}, "End": true}}}}}}]}}}`

func everywhereOptions(asked *[]string) []sfntest.Option {
	return []sfntest.Option{
		sfntest.HandleFunc("ask", func(_ context.Context, in struct{ Token string }) (any, error) {
			*asked = append(*asked, in.Token)
			return nil, nil
		}),
		sfntest.HandleFunc("count", func(ctx context.Context, _ json.RawMessage) (int, error) {
			select {
			case <-time.After(15 * time.Second):
				return 3, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}),
		sfntest.HandleTask("Convert", func(_ context.Context, arguments json.RawMessage) (any, error) {
			time.Sleep(40 * time.Second)
			return map[string]json.RawMessage{"of": arguments}, nil
		}),
	}
}

func waits(list []*sfntest.Wait, since time.Time) []string {
	var lines []string
	for _, k := range list {
		line := k.State + " " + k.For
		if !k.Until.IsZero() {
			line += " " + k.Until.Sub(since).String()
		}
		if k.Token != "" {
			line += " token"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestAnExecutionSaysWhereItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
		var asked []string
		w := sfntest.New(t, sfntest.Parse(t, []byte(everywhere)), append(everywhereOptions(&asked), sfntest.StartAt(start))...)
		if !time.Now().Equal(start) {
			t.Errorf("got %s, expected the test to start at %s", time.Now(), start)
		}
		x := w.StartNamed("StateMachine", "first", Order{"o-1"})
		if got := x.States(); len(got) != 0 || x.Status() != "RUNNING" || x.Err() != nil {
			t.Errorf("got states %v and status %s, expected an execution that begins with the next run", got, x.Status())
		}
		w.RunUntilBlocked()
		if diff := cmp.Diff([]string{"All/Cool", "All/Ask", "All/Count", "All/Convert", "All/Each/For", "All/Each/For"}, x.States()); diff != "" {
			t.Errorf("states (-expected +got):\n%s", diff)
		}
		expected := []string{"All/Each/For timer 20s", "All/Each/For timer 30s", "All/Cool timer 1m0s", "All/Ask token 1m30s token", "All/Count function", "All/Convert task"}
		if diff := cmp.Diff(expected, waits(x.Waits(), start)); diff != "" {
			t.Errorf("waits (-expected +got):\n%s", diff)
		}
		if got := x.Variables(); string(got["order"]) != `{"id":"o-1"}` || len(got) != 1 {
			t.Errorf("got variables %s, expected the order", got)
		}
		run := func(m sfntest.MapRun) string {
			return fmt.Sprintf("%s %s total %d pending %d running %d succeeded %d", m.State, m.Status, m.Total, m.Pending, m.Running, m.Succeeded)
		}
		if got := run(x.MapRuns()[0]); got != "Each RUNNING total 3 pending 1 running 2 succeeded 0" {
			t.Errorf("got %s, expected two items that run", got)
		}
		w.Advance(20 * time.Second)
		if got := run(x.MapRuns()[0]); got != "Each RUNNING total 3 pending 0 running 2 succeeded 1" {
			t.Errorf("got %s, expected one item that has succeeded", got)
		}
		if diff := cmp.Diff([]string{"All/Each/For timer 30s", "All/Each/For timer 30s", "All/Cool timer 1m0s", "All/Ask token 1m30s token", "All/Convert task"},
			waits(w.Waits(), start)); diff != "" {
			t.Errorf("waits (-expected +got):\n%s", diff)
		}
		w.Advance(60 * time.Second)
		if got := run(x.MapRuns()[0]); got != "Each SUCCEEDED total 3 pending 0 running 0 succeeded 3" {
			t.Errorf("got %s, expected a Map Run that has ended", got)
		}
		k := x.Waits()[0]
		if len(asked) != 1 || k.Token != asked[0] || len(x.Waits()) != 1 || k.Execution != x.ARN() {
			t.Fatalf("got waits %v, expected only the token that the function got, %v", waits(x.Waits(), start), asked)
		}
		k.Heartbeat()
		w.Advance(60 * time.Second) // 140 s after the start
		if x.Status() != "RUNNING" {
			t.Errorf("got %s, expected a heartbeat to give more time:\n%s", x.Status(), x.History())
		}
		k.Succeed(map[string]string{"by": "me"})
		x.RunToEnd()
		var output []json.RawMessage
		x.Output(&output)
		if got := string(output[1]); got != `{"by":"me"}` || len(output) != 5 {
			t.Errorf("got %s, expected the answer", output)
		}
		if took := time.Since(start); took != 140*time.Second {
			t.Errorf("got %s, expected the end to take no time", took)
		}
	})
}

func TestATokenThatIsNotAnsweredTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		w := sfntest.New(t, sfntest.Parse(t, []byte(everywhere)), everywhereOptions(&asked)...)
		x := w.Start("", nil)
		x.RunToEnd()
		if err := x.Err(); err == nil || err.Name != "States.HeartbeatTimeout" && err.Name != "States.Timeout" || x.Status() != "FAILED" {
			t.Errorf("got %s and %v, expected a timeout", x.Status(), err)
		}
	})
}

func TestATokenThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		w := sfntest.New(t, sfntest.Parse(t, []byte(everywhere)), everywhereOptions(&asked)...)
		x := w.Start("", nil)
		w.RunUntilBlocked()
		for _, k := range x.Waits() {
			if k.For == "token" {
				k.Fail("Refused", "by the bank")
			}
		}
		x.RunToEnd()
		if err := x.Err(); err == nil || *err != (sfntest.Error{Name: "Refused", Cause: "by the bank"}) {
			t.Errorf("got %v, expected Refused", err)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		w := sfntest.New(t, sfntest.Parse(t, []byte(everywhere)), everywhereOptions(&asked)...)
		first, second := w.Start("", nil), w.Start("", nil)
		w.Advance(time.Second)
		first.Stop("Enough", "for today")
		w.RunUntilBlocked()
		if err := first.Err(); first.Status() != "ABORTED" || *err != (sfntest.Error{Name: "Enough", Cause: "for today"}) {
			t.Errorf("got %s with %v, expected the execution to be stopped", first.Status(), err)
		}
		if got := first.MapRuns()[0]; got.Status != "ABORTED" && got.Status != "FAILED" || got.Running != 0 {
			t.Errorf("got %+v, expected the Map Run to end as well", got)
		}
		if second.Status() != "RUNNING" || len(w.Executions()) != 2 || w.Executions()[1] != second {
			t.Errorf("got %s, expected the other execution to run", second.Status())
		}
		if !strings.Contains(first.History().String(), "execution-1 was stopped: Enough: for today\n") {
			t.Errorf("got\n%s\nexpected the stop", first.History())
		}
	})
}

// RunToEnd of one execution lets others wait.
func TestRunToEndEndsWithItsExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const wait = `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$","End":true}}}`
		w := sfntest.New(t, sfntest.Parse(t, []byte(wait)))
		start := time.Now()
		long, short := w.Start("", 1000), w.Start("", 10)
		short.RunToEnd()
		if took := time.Since(start); took != 10*time.Second || long.Status() != "RUNNING" {
			t.Errorf("got %s and %s, expected 10s and an execution that waits", took, long.Status())
		}
		short.RunToEnd()
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("got %s, expected no time for an execution that has ended", took)
		}
		long.RunToEnd()
		if took := time.Since(start); took != 1000*time.Second {
			t.Errorf("got %s, expected 1000s", took)
		}
	})
}

type refused struct{ by string }

func (r refused) Error() string { return "refused by " + r.by }

func none() map[string]int { return nil }

// Errors of functions have the names that they have on Lambda.
func TestErrorsOfHandlers(t *testing.T) {
	const call = `{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":{}},"End":true}}}`
	for name, c := range map[string]struct {
		do       func(context.Context) error
		expected string
	}{
		"of a type":   {func(context.Context) error { return refused{"the bank"} }, `refused: {"errorMessage":"refused by the bank","errorType":"refused"}`},
		"without one": {func(context.Context) error { return errors.New("no") }, `errorString: {"errorMessage":"no","errorType":"errorString"}`},
		"of the test": {func(context.Context) error { return &sfntest.Error{Name: "Busy", Cause: "later"} }, `Busy: {"errorMessage":"later","errorType":"Busy"}`},
		"wrapped": {func(context.Context) error {
			return fmt.Errorf("at night: %w", &sfntest.Error{Name: "Busy", Cause: "later"})
		}, `Busy: {"errorMessage":"later","errorType":"Busy"}`},
		"a panic":       {func(context.Context) error { panic("bang") }, `string: {"errorMessage":"bang","errorType":"string","stackTrace":[{"path":"github.com/mapjob/mapjob/sfntest/execution_test.go","line":`},
		"a panic of Go": {func(context.Context) error { none()["a"]++; return nil }, `plainError: {"errorMessage":"assignment to entry in nil map","errorType":"plainError","stackTrace":[{"path":"github.com/mapjob/mapjob/sfntest/execution_test.go","line":`},
		"too late": {func(ctx context.Context) error { time.Sleep(16 * time.Minute); return nil },
			`Sandbox.Timedout: {"errorMessage":"RequestId: `},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := func(ctx context.Context, _ any) (any, error) { return nil, c.do(ctx) }
				for _, option := range []sfntest.Option{sfntest.HandleFunc("f", handler), sfntest.Handle("f", lambda.NewHandler(handler))} {
					x := sfntest.New(t, sfntest.Parse(t, []byte(call)), option).Start("", nil)
					x.RunToEnd()
					if err := x.Err(); err == nil || !strings.HasPrefix(err.Error(), c.expected) {
						t.Errorf("got %v, expected %s", err, c.expected)
					}
				}
			})
		})
	}
}

// Package lambda encodes answers in buffers that invocations share. A call that is
// delivered again begins again while its answer is read.
func TestAnswersOfInvocationsAtOnce(t *testing.T) {
	const call = `{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"OutputPath":"$.Payload","End":true}}}`
	for name, handler := range map[string]func(f func() (string, error)) sfntest.Option{
		"HandleFunc": func(f func() (string, error)) sfntest.Option {
			return sfntest.HandleFunc("f", func(context.Context, any) (string, error) { return f() })
		},
		"Handle": func(f func() (string, error)) sfntest.Option {
			return sfntest.Handle("f", lambda.NewHandlerWithOptions(f, lambda.WithSetEscapeHTML(true)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				synctest.Test(t, func(t *testing.T) {
					invocations := 0
					option := handler(func() (string, error) {
						invocations++
						return strings.Repeat(string(rune('a'+invocations)), 100_000), nil
					})
					x := sfntest.New(t, sfntest.Parse(t, []byte(call)), option, sfntest.Inject(sfntest.Fault{Fault: "duplicate", When: "later"})).Start("", nil)
					x.RunToEnd()
					var answer string
					if x.Output(&answer); answer != strings.Repeat("b", 100_000) || invocations != 2 {
						t.Fatalf("got %.10s…%.10s after %d invocations, expected the first's answer after two", answer, answer[max(0, len(answer)-10):], invocations)
					}
				})
			}
		})
	}
}

func TestErrorsOfTasks(t *testing.T) {
	const convert = `{"StartAt":"Convert","States":{"Convert":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},"End":true}}}`
	for expected, err := range map[string]error{
		"Glue.Busy: later":          &sfntest.Error{Name: "Glue.Busy", Cause: "later"},
		"States.TaskFailed: no":     errors.New("no"),
		`SUCCEEDED {"JobName":"j"}`: nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			answer := func(_ context.Context, arguments json.RawMessage) (any, error) { return arguments, err }
			w := sfntest.New(t, sfntest.Parse(t, []byte(convert)), sfntest.HandleTask("arn:aws:states:::glue:startJobRun.sync", answer))
			x := w.Start("", nil)
			x.RunToEnd()
			got := x.Status()
			if e := x.Err(); e != nil {
				got = e.Error()
			} else {
				var output json.RawMessage
				x.Output(&output)
				got += " " + string(output)
			}
			if got != expected {
				t.Errorf("got %s, expected %s", got, expected)
			}
		})
	}
}

// A function of a task may panic, or end its goroutine as t.FailNow does.
func TestFunctionsOfTasksThatDoNotReturn(t *testing.T) {
	const convert = `{"StartAt":"Convert","States":{"Convert":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},"End":true}}}`
	for expected, end := range map[string]func(){
		"States.TaskFailed: task Convert: panic: bang at execution_test.go:": func() { panic("bang") },
		"States.TaskFailed: task Convert: its function ended its goroutine":  runtime.Goexit,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := sfntest.New(t, sfntest.Parse(t, []byte(convert)), sfntest.HandleTask("Convert", func(context.Context, json.RawMessage) (any, error) { end(); return nil, nil }))
			x := w.Start("", nil)
			x.RunToEnd()
			if err := x.Err(); err == nil || !strings.HasPrefix(err.Error(), expected) {
				t.Errorf("got %v, expected %s", err, expected)
			}
		})
	}
}

// A fault of a test shows in the history.
func TestInjectedFaultsShowInTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		first := 0
		w := sfntest.New(t, sfntest.Parse(t, []byte(twoCharges)),
			sfntest.HandleFunc("charge", func(context.Context, Order) (any, error) { calls++; return nil, nil }),
			sfntest.Inject(sfntest.Fault{Fault: "crash", When: "after", State: "Charge", Items: []int{1}, Attempt: &first}))
		x := w.Start("", map[string][]Order{"orders": {{"a"}, {"b"}}})
		x.RunToEnd()
		expected := `0s        execution-1 started with {"orders":[{"id":"a"},{"id":"b"}]}
0s        All: entered
0s        All: 2 items
0s        All: iteration 0 started
0s        All: iteration 1 started
0s        Charge: entered
0s        Charge: calls lambda:invoke
0s        Charge: entered
0s        Charge: calls lambda:invoke
0s        Charge: exited with {"ok":true}
0s        Charge: FAULT crash after the work
0s        Charge: failed: Runtime.ExitError: {"errorMessage":"RequestId: ID Error: Runtime exited with error: signal: killed","errorType":"Runtime.ExitError"}
1s        Charge: calls lambda:invoke, attempt 1
1s        Charge: exited with {"ok":true}
1s        All: exited with [{"ok":true},{"ok":true}]
1s        execution-1 succeeded with [{"ok":true},{"ok":true}]
`
		if diff := cmp.Diff(expected, x.History().String()); diff != "" || calls != 3 {
			t.Errorf("got %d calls and the history (-expected +got):\n%s", calls, diff)
		}
		faults := 0
		for _, e := range x.History() {
			if e.Type == sfntest.FaultEvent && e.Fault.Fault == "crash" && e.ID == 0 && e.Details() == nil && e.State == "Charge" {
				faults++
			}
			if e.Type == "TaskFailed" && !strings.Contains(string(e.Details()), `"error":"Runtime.ExitError"`) {
				t.Errorf("got details %s, expected the error", e.Details())
			}
		}
		if faults != 1 {
			t.Errorf("got %d faults, expected one", faults)
		}
	})
}

// A history of a job reads the same in every run: children follow their Map Run.
func TestTheHistoryOfAJob(t *testing.T) {
	s := jobStack(t)
	run := func() (text string) {
		synctest.Test(t, func(t *testing.T) {
			w := sfntest.New(t, s, jobOptions()...)
			x := w.Start("Fail", map[string]string{"date": "2026-11-01"})
			x.RunToEnd()
			text = x.History().String()
		})
		return text
	}
	got := run()
	for _, again := range []string{run(), run()} {
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("two runs (-one +other):\n%s", diff)
		}
	}
	for _, expected := range []string{
		"0s        Map: Map Run started\n0s          child 1 started with {",
		"0s          child 7 succeeded with [{\"index\":18,",
		"0s        Map: Map Run succeeded\n",
		"execution-1 failed: MapJob.TooManyFailures: ",
	} {
		if !strings.Contains(got, expected) {
			t.Errorf("got\n%s\nexpected\n%s", got, expected)
		}
	}
	for _, not := range []string{"arn:aws", "2000-01-01", "stateMachine:"} {
		if strings.Contains(got, not) {
			t.Errorf("got\n%s\nexpected no %s", got, not)
		}
	}
}

// A task may start another state machine of the stack.
func TestNestedExecutions(t *testing.T) {
	machine := func(definition string) string {
		text, err := json.Marshal(definition)
		if err != nil {
			t.Fatal(err)
		}
		return `{"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Fn::Sub": ` + string(text) + `}}}`
	}
	s := sfntest.Parse(t, []byte(`{"Resources": {
		"Inner": `+machine(`{"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":60,"End":true}}}`)+`,
		"Outer": `+machine(`{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","End":true,
			"Parameters":{"StateMachineArn":"${Inner}","Input":{"a":1}},"OutputPath":"$.Output"}}}`)+`}}`))
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, s)
		x := w.Start("Outer", nil)
		w.RunUntilBlocked()
		if got := waits(w.Waits(), time.Now()); len(w.Executions()) != 2 || strings.Join(got, ", ") != "Rest timer 1m0s, Call execution" {
			t.Errorf("got %d executions and %s, expected one that waits for the other", len(w.Executions()), got)
		}
		inner := w.Executions()[1]
		if got := inner.States(); len(got) != 1 || got[0] != "Rest" {
			t.Errorf("got %v, expected the inner execution in Rest", got)
		}
		x.RunToEnd()
		var output map[string]int
		if x.Output(&output); output["a"] != 1 || inner.Status() != "SUCCEEDED" {
			t.Errorf("got %v and %s, expected the inner output", output, inner.Status())
		}
		if text := x.History().String(); strings.Contains(text, "Rest") || !strings.Contains(text, "Call: calls states:startExecution.sync:2") {
			t.Errorf("got\n%s\nexpected only the outer history", text)
		}
	})
}

// A template may be one that somebody has written.
func TestATemplateInYAML(t *testing.T) {
	s := sfntest.Parse(t, []byte(`
Parameters:
  Size: {Type: String, Default: small}
Resources:
  Ship:
    Type: AWS::Lambda::Function
    Properties: {Timeout: !FindInMap [Sizes, !Ref Size, timeout]}
  Sale:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        StartAt: Rest
        States:
          Rest: {Type: Wait, Seconds: 172800, Next: Ship}
          Ship:
            Type: Task
            Resource: arn:aws:states:::lambda:invoke
            Parameters: {FunctionName: "${Ship}", Payload.$: $}
            OutputPath: $.Payload
            End: true
      DefinitionSubstitutions:
        Ship: !GetAtt Ship.Arn
Mappings:
  Sizes:
    small: {timeout: 30}
`))
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, s, sfntest.HandleFunc("Ship", func(ctx context.Context, o Order) (Receipt, error) {
			deadline, _ := ctx.Deadline()
			return Receipt{o.ID, int(time.Until(deadline).Seconds())}, nil
		}))
		x := w.Start("Sale", Order{"o-1"})
		w.Advance(48*time.Hour - time.Second)
		if got := x.States(); len(got) != 1 || got[0] != "Rest" {
			t.Errorf("got %v, expected to rest for two days", got)
		}
		x.RunToEnd()
		var receipt Receipt
		if x.Output(&receipt); receipt != (Receipt{"o-1", 30}) {
			t.Errorf("got %+v, expected the receipt of o-1 from a function that has 30 seconds", receipt)
		}
	})
}

// As on AWS, a Standard execution ends after a year, and RunToEnd gets there. It does
// not let the year pass if the execution waits for nothing but the test.
func TestAnExecutionTakesAYearAtMost(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, definition := range map[string]string{
		"2999":   `{"StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"2999-01-01T00:00:00Z","End":true}}}`,
		"9999":   `{"StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"9999-12-31T23:59:59Z","End":true}}}`,
		"a task": `{"StartAt":"W","States":{"W":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},"End":true}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				late := time.Date(2260, 12, 31, 0, 0, 0, 0, time.UTC)
				options := []sfntest.Option{sfntest.StartAt(late)}
				if name == "a task" {
					options = append(options, sfntest.HandleTask("W", func(ctx context.Context, _ json.RawMessage) (any, error) { <-ctx.Done(); return nil, ctx.Err() }))
				}
				w := sfntest.New(t, sfntest.Parse(t, []byte(definition)), options...)
				x := w.Start("", nil)
				x.RunToEnd()
				if got := time.Since(late); x.Status() != "TIMED_OUT" || got != year {
					t.Errorf("got %s after %s, expected TIMED_OUT after a year:\n%s", x.Status(), got, x.History())
				}
			})
		})
	}
}

// The history shows where a handler has panicked.
func TestThePlaceOfAPanicIsInTheHistory(t *testing.T) {
	const call = `{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true}}}`
	synctest.Test(t, func(t *testing.T) {
		var none map[string]int
		x := sfntest.New(t, sfntest.Parse(t, []byte(call)), sfntest.HandleFunc("f", func(context.Context, any) (any, error) { none["a"]++; return nil, nil })).Start("", nil)
		x.RunToEnd()
		const expected = `Call: failed: plainError: {"errorMessage":"assignment to entry in nil map","errorType":"plainError"} at execution_test.go:`
		if !strings.Contains(x.History().String(), expected) {
			t.Errorf("got\n%s\nexpected\n%s", x.History(), expected)
		}
	})
}
