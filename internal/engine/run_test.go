package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// start is the start of virtual time in tests.
var start = time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)

// run runs a definition in virtual time.
func run(t *testing.T, definition, input string, options ...engine.Option) *engine.Execution {
	t.Helper()
	machine := parse(t, definition)
	options = append([]engine.Option{engine.WithSeed(1), engine.WithClock(engine.VirtualClock(start)), engine.WithExecutionName("one")}, options...)
	e, err := engine.New(machine, options...)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(context.Background(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func parse(t testing.TB, definition string) *asl.StateMachine {
	t.Helper()
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return machine
}

// succeeds checks that an execution succeeded with the output.
func succeeds(t *testing.T, x *engine.Execution, output string) {
	t.Helper()
	if x.Status != engine.Succeeded || string(x.Output) != output {
		t.Errorf("got %s %s %s %s, expected SUCCEEDED %s", x.Status, x.Output, x.Error, x.Cause, output)
	}
}

// fails checks that an execution failed with the error and the cause.
func fails(t *testing.T, x *engine.Execution, name, cause string) {
	t.Helper()
	if x.Status != engine.Failed || x.Error != name || !strings.Contains(x.Cause, cause) {
		t.Errorf("got %s %s %q, expected FAILED %s %q", x.Status, x.Error, x.Cause, name, cause)
	}
}

// types appends the type of every event to the list.
func types(list *[]event.Type) engine.Option {
	return engine.WithHistory(func(e event.Event) { *list = append(*list, e.Type) })
}

const lambda = "arn:aws:states:::lambda:invoke"

// payload answers with the parameters of the task.
var payload = engine.ImmediateFunc(func(r *engine.Request) engine.Answer { return engine.Answer{Output: r.Parameters} })

func TestNewReportsEverythingThatIsMissing(t *testing.T) {
	machine := parse(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Next":"M"},
		"M":{"Type":"Map","End":true,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"PARQUET"},"Parameters":{"Bucket":"b","Key":"k"}},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`)
	_, err := engine.New(machine)
	for _, expected := range []string{`$.States.T.Resource: got "arn:aws:states:::sns:publish"`, `$.States.M.ItemReader: nothing holds the objects`, `$.States.M.ItemReader.ReaderConfig.InputType: got "PARQUET"`} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
}

func TestVirtualTimeAdvancesWithWaits(t *testing.T) {
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":"{% $states.input.s %}","Next":"End"},"End":{"Type":"Succeed"}}}`, `{"s":3600}`)
	if took := x.Stop.Sub(x.Start); took != time.Hour {
		t.Errorf("got an execution of %v, expected 1h", took)
	}
}

func TestWaitUntil(t *testing.T) {
	x := run(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","TimestampPath":"$.t","End":true}}}`, `{"t":"2026-03-14T03:59:00+01:00"}`)
	if took := x.Stop.Sub(x.Start); took != time.Hour {
		t.Errorf("got %v, expected 1h", took)
	}
}

func TestExecutionTimesOut(t *testing.T) {
	x := run(t, `{"TimeoutSeconds":10,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`, `{}`)
	if x.Status != engine.TimedOut || x.Stop.Sub(x.Start) != 10*time.Second {
		t.Errorf("got %s after %v, expected TIMED_OUT after 10s", x.Status, x.Stop.Sub(x.Start))
	}
	x = run(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}}`, `{}`, engine.WithType(engine.Express))
	if x.Status != engine.TimedOut || x.Stop.Sub(x.Start) != 5*time.Minute {
		t.Errorf("got %s after %v, expected an Express execution to time out after 5m", x.Status, x.Stop.Sub(x.Start))
	}
}

func TestAnExecutionsOwnDeadline(t *testing.T) {
	var last event.Event
	x := run(t, `{"TimeoutSeconds":10,"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"Retry":[{"ErrorEquals":["States.Timeout"]},{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]},"C":{"Type":"Pass","End":true}}}`, `{}`,
		engine.WithHistory(func(e event.Event) { last = e }),
		engine.WithIntegration(lambda, engine.ImmediateFunc(func(*engine.Request) engine.Answer { return engine.Answer{Takes: time.Minute} })))
	if took := x.Stop.Sub(x.Start); x.Status != engine.TimedOut || took != 10*time.Second {
		t.Errorf("got %s after %v, expected TIMED_OUT after 10s: no Retry or Catch sees it", x.Status, took)
	}
	if last.Type != event.ExecutionTimedOut || last.PreviousID != 0 || last.Data.Error != "States.Timeout" {
		t.Errorf("got %s with previousEventId %d and the error %q, expected ExecutionTimedOut, previousEventId 0, error States.Timeout", last.Type, last.PreviousID, last.Data.Error)
	}
	if x.Error != "" || x.Cause != "" {
		t.Errorf("got error %q and cause %q, expected TIMED_OUT to have both null", x.Error, x.Cause)
	}
}

func TestPassWithResultNullPassesItsInputOn(t *testing.T) {
	succeeds(t, run(t, `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":null,"End":true}}}`, `{"a":1}`), `{"a":1}`)
}

func TestAChoiceRuleThatMatchesIgnoresTheStatesOwnAssignAndOutput(t *testing.T) {
	definition := `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":"before"},"Next":"C"},
		"C":{"Type":"Choice","Assign":{"v":"own"},"Output":"own","Choices":[{"Condition":"{% $states.input.match %}","Next":"S"}],"Default":"S"},
		"S":{"Type":"Succeed","Output":["{% $states.input %}","{% $v %}"]}}}`
	succeeds(t, run(t, definition, `{"match":true}`), `[{"match":true},"before"]`)
	succeeds(t, run(t, definition, `{"match":false}`), `["own","own"]`)
}

func TestAWaitForWhatIsNoTimestamp(t *testing.T) {
	t.Run("one that JSONata computes: The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: V", func(t *testing.T) {
		x := run(t, `{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"{% $states.input %}","End":true}}}`, `"tomorrow"`)
		fails(t, x, "States.Runtime", "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: tomorrow")
	})
	t.Run("a literal that is no timestamp is refused at creation", func(t *testing.T) {
		_, err := asl.Parse([]byte(`{"StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"tomorrow","End":true}}}`))
		if err == nil || !strings.Contains(err.Error(), `got "tomorrow", expected a timestamp`) {
			t.Errorf("got %v, expected the timestamp to be refused", err)
		}
	})
}

func TestCancelledContextAbortsTheExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.New(parse(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		x, err := e.Run(ctx, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if took := x.Stop.Sub(x.Start); x.Status != engine.Aborted || took != 20*time.Second {
			t.Errorf("got %s after %v, expected ABORTED after 20s", x.Status, took)
		}
	})
}

func TestStopSetsErrorAndCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	e, err := engine.New(parse(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`),
		engine.WithClock(engine.VirtualClock(start)), engine.WithExecutionName("one"), engine.WithHistory(func(e event.Event) {
			if e.Type == event.WaitStateEntered {
				cancel(&engine.TaskError{Name: "Stopped", Cause: "by hand"})
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Run(ctx, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	expected := &engine.Execution{
		ARN:  "arn:aws:states:us-east-1:123456789012:execution:StateMachine:one",
		Name: "one", StateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine",
		Status: engine.Aborted, Input: []byte(`{}`), Error: "Stopped", Cause: "by hand", Start: start, Stop: start, Events: 3,
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("the stopped execution differs (-expected +got):\n%s", diff)
	}
}

func TestPayloadLimit(t *testing.T) {
	long := `"` + strings.Repeat("x", 200_000) + `"`
	definition := `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% $states.input & $states.input %}","End":true}}}`
	fails(t, run(t, definition, long), "States.DataLimitExceeded", "size exceeding the maximum number of bytes service limit")
	if x := run(t, definition, long, engine.WithLimits(engine.Limits{})); x.Status != engine.Succeeded {
		t.Errorf("got %s %s, expected success without limits", x.Status, x.Cause)
	}
}

func TestSeedRepeatsARun(t *testing.T) {
	record := func(seed uint64) string {
		var text strings.Builder
		x := run(t, `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,"Items":[1,2,3],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Output":"{% $random() %}","Retry":[{"ErrorEquals":["Busy"],"JitterStrategy":"FULL","MaxAttempts":5}],"End":true}}}}}}`, `{}`,
			engine.WithSeed(seed), engine.WithIntegration(lambda, failing(4, "Busy")), engine.WithHistory(func(e event.Event) {
				encoded, err := e.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				text.Write(encoded)
			}))
		return fmt.Sprintf("%s%s", text.String(), x.Output)
	}
	if diff := cmp.Diff(record(1), record(1)); diff != "" {
		t.Errorf("two runs of one seed differ (-first +second):\n%s", diff)
	}
	if record(1) == record(2) {
		t.Error("got equal runs of two seeds, expected them to differ")
	}
}

func TestHistoryLimit(t *testing.T) {
	const loop = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`
	x := run(t, loop, `{}`)
	fails(t, x, "States.Runtime", "The execution reached the maximum number of history events (25000).")
	if x.Events != 25000 {
		t.Errorf("got %d events, expected 25000", x.Events)
	}
}

func TestPreviousEventsFormAChain(t *testing.T) {
	var kinds []string
	run(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}]}}}`, `{}`,
		engine.WithHistory(func(e event.Event) {
			kinds = append(kinds, fmt.Sprintf("%d<%d %s", e.ID, e.PreviousID, e.Type))
		}))
	expected := []string{"1<0 ExecutionStarted", "2<0 ParallelStateEntered", "3<2 ParallelStateStarted", "4<3 PassStateEntered", "5<4 PassStateExited",
		"6<3 PassStateEntered", "7<6 PassStateExited", "8<7 ParallelStateSucceeded", "9<7 ParallelStateExited", "10<9 ExecutionSucceeded"}
	if diff := cmp.Diff(expected, kinds); diff != "" {
		t.Errorf("the events differ (-expected +got):\n%s", diff)
	}
}
