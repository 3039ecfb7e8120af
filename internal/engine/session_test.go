package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/loop"
)

// inOrder is a driver that takes what has returned in the order of the calls.
type inOrder struct{ backwards bool }

func (inOrder) Go(work func()) { go work() }
func (inOrder) Settle()        { synctest.Wait() }

func (d inOrder) Choose(returned []int64) (int, bool) {
	if d.backwards || len(returned) == 0 {
		return len(returned) - 1, false
	}
	return 0, false
}

func (inOrder) Wake() <-chan struct{} { return nil }
func (inOrder) Busy() bool            { return false }

const waiterARN = machinePrefix + "Waiter"

// open opens a session in a bubble, with a machine as waiterARN.
func open(t *testing.T, definition string, options ...engine.Option) *engine.Session {
	t.Helper()
	e, err := engine.New(nil, append([]engine.Option{
		engine.WithSeed(1), engine.WithClock(engine.DrivenClock(inOrder{})),
		engine.WithStateMachine(waiterARN, parse(t, definition), engine.Standard),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return e.Open(context.Background())
}

func begin(t *testing.T, s *engine.Session, name, input string) string {
	t.Helper()
	arn, err := s.Start(waiterARN, name, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

func status(t *testing.T, s *engine.Session, arn string) string {
	t.Helper()
	x, ok := s.Result(arn)
	if !ok {
		t.Fatalf("%s: got no execution", arn)
	}
	return strings.TrimSpace(x.Status + " " + string(x.Output) + x.Error)
}

const waits = `{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":"{% $states.input %}","End":true}}}`

func TestSessionRunsExecutionsUntilATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, waits)
		defer s.Close()
		began := time.Now()
		hour, day := begin(t, s, "hour", "3600"), begin(t, s, "day", "86400")
		for _, c := range []struct {
			until    time.Duration
			expected [2]string
		}{
			{0, [2]string{"RUNNING", "RUNNING"}},
			{time.Hour - 1, [2]string{"RUNNING", "RUNNING"}},
			{time.Hour, [2]string{"SUCCEEDED 3600", "RUNNING"}},
			{48 * time.Hour, [2]string{"SUCCEEDED 3600", "SUCCEEDED 86400"}},
		} {
			if end := s.Run(began.Add(c.until)); end != loop.Reached {
				t.Errorf("%v: got end %d, expected the limit", c.until, end)
			}
			if got := [2]string{status(t, s, hour), status(t, s, day)}; got != c.expected {
				t.Errorf("%v: got %q, expected %q", c.until, got, c.expected)
			}
			if passed := time.Since(began); passed != c.until {
				t.Errorf("got %v passed, expected %v", passed, c.until)
			}
		}
	})
}

func TestSessionRunsToTheEndOfOneExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, waits)
		defer s.Close()
		hour, day := begin(t, s, "hour", "3600"), begin(t, s, "day", "86400")
		for range 2 { // the second time, it has ended
			if end := s.RunToEnd(hour); end != loop.Ended || status(t, s, hour) != "SUCCEEDED 3600" || status(t, s, day) != "RUNNING" {
				t.Errorf("got end %d, %q and %q, expected the end of the first only", end, status(t, s, hour), status(t, s, day))
			}
		}
		if end := s.Run(time.Time{}); end != loop.Blocked || status(t, s, day) != "SUCCEEDED 86400" {
			t.Errorf("got end %d and %q, expected that nothing is left", end, status(t, s, day))
		}
	})
}

func TestSessionStopsAndTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, waits)
		stopped, expired := begin(t, s, "stopped", "60"), begin(t, s, "expired", "60")
		left := begin(t, s, "left", "60")
		s.Run(time.Now())
		if !s.Stop(stopped, "Enough", "of it") || !s.TimeOut(expired) || s.Stop("arn", "", "") || s.TimeOut("arn") {
			t.Error("got another answer than that two executions are here")
		}
		s.Run(time.Now())
		if got, expected := status(t, s, stopped)+", "+status(t, s, expired)+", "+status(t, s, left), "ABORTED Enough, TIMED_OUT, RUNNING"; got != expected {
			t.Errorf("got %s, expected %s", got, expected)
		}
		s.Close()
		if got := status(t, s, left); got != "ABORTED" {
			t.Errorf("got %s, expected that Close stops what runs", got)
		}
	})
}

func TestSessionRefusesToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, waits)
		defer s.Close()
		begin(t, s, "one", "0")
		s.Run(time.Now())
		for name, c := range map[string]struct{ machine, name, input, expected string }{
			"a name that was used":  {waiterARN, "one", "0", "exists already"},
			"another machine":       {machinePrefix + "Other", "two", "0", "not found"},
			"text that is not JSON": {waiterARN, "three", "{", "not JSON"},
			"a long input":          {waiterARN, "four", `"` + strings.Repeat("x", 262144) + `"`, "at most 262144"},
			"a long name":           {waiterARN, strings.Repeat("x", 81), "0", "at most 80"},
		} {
			if _, err := s.Start(c.machine, c.name, []byte(c.input)); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("%s: got %v, expected an error with %q", name, err, c.expected)
			}
		}
		if _, err := s.Start(waiterARN, "one", []byte("0")); !errors.Is(err, engine.ErrExecutionExists) {
			t.Errorf("got %v, expected ErrExecutionExists", err)
		}
		if n := len(s.ARNs()); n != 1 {
			t.Errorf("got %d executions, expected 1", n)
		}
	})
}

func TestTheDriverChoosesWhenTheEngineAnswersATask(t *testing.T) {
	const asks = `{"QueryLanguage":"JSONata","StartAt":"D","States":{"D":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:describeExecution",
		"Arguments":{"ExecutionArn":"{% $states.input %}"},"Output":"{% $states.result.Status %}","End":true}}}`
	const asked = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`
	for backwards, expected := range map[bool]string{false: `SUCCEEDED "RUNNING"`, true: `SUCCEEDED "SUCCEEDED"`} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, asked, engine.WithStateMachine(machinePrefix+"Asks", parse(t, asks), engine.Standard),
				engine.WithIntegration(lambda, engine.IntegrationFunc(payload.Call)), engine.WithClock(engine.DrivenClock(inOrder{backwards})))
			defer s.Close()
			arn, err := s.Start(machinePrefix+"Asks", "asks", []byte(`"arn:aws:states:us-east-1:123456789012:execution:Waiter:asked"`))
			if err != nil {
				t.Fatal(err)
			}
			begin(t, s, "asked", "{}")
			s.RunToEnd(arn)
			if got := status(t, s, arn); got != expected {
				t.Errorf("backwards %t: got %s, expected %s", backwards, got, expected)
			}
		})
	}
}

func TestAnEndlessExpressionEndsThoughNoTimePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% ($f := function() { $f() }; $f()) %}","End":true}}}`)
		defer s.Close()
		arn := begin(t, s, "endless", "{}")
		s.RunToEnd(arn)
		if x, _ := s.Result(arn); x.Error != "States.QueryEvaluationError" || !strings.Contains(x.Cause, "Check for infinite loop") {
			t.Errorf("got %s %s %s, expected that the expression is stopped", x.Status, x.Error, x.Cause)
		}
	})
}

// A Standard execution runs for one year at most.
func TestAYearEndsAStandardExecution(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, definition := range map[string]string{
		"a timestamp":                        `{"StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"2999-01-01T00:00:00Z","End":true}}}`,
		"the longest wait":                   `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}}`,
		"a longer TimeoutSeconds":            `{"TimeoutSeconds":99999999,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999998,"End":true}}}`,
		"a branch and a retry":               `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":99999999}],"Branches":[{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}]}}}`,
		"a child that waits for longer":      `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}}}}}`,
		"a loop that waits for a day a time": `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"Next":"C"},"C":{"Type":"Choice","Default":"W","Choices":[{"Variable":"$","IsString":true,"Next":"D"}]},"D":{"Type":"Succeed"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, definition)
				arn := begin(t, s, "a", `[1]`)
				if end := s.RunToEnd(arn); end != loop.Ended {
					t.Errorf("got end %d, expected the execution's", end)
				}
				x, _ := s.Result(arn)
				if got := status(t, s, arn); got != "TIMED_OUT" || x.Stop.Sub(x.Start) != year {
					t.Errorf("got %s after %s, expected TIMED_OUT after a year", got, x.Stop.Sub(x.Start))
				}
				s.Close()
			})
		})
		e, err := engine.New(parse(t, definition), engine.WithClock(engine.VirtualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))))
		if err != nil {
			t.Fatal(err)
		}
		if x, err := e.Run(t.Context(), []byte(`[1]`)); err != nil || x.Status != engine.TimedOut || x.Stop.Sub(x.Start) != year {
			t.Errorf("%s in virtual time: got %v and %+v, expected TIMED_OUT after a year", name, err, x)
		}
	}
}

// The year ends an execution that waits for nothing else only if time passes.
func TestAYearDoesNotPassForATokenAlone(t *testing.T) {
	const definition = `{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true,
		"Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"}}}}`
	synctest.Test(t, func(t *testing.T) {
		sent := engine.IntegrationFunc(func(context.Context, *engine.Request) (any, error) { return nil, nil })
		s := open(t, definition, engine.WithIntegration("arn:aws:states:::sqs:sendMessage.waitForTaskToken", sent))
		start := time.Now()
		arn := begin(t, s, "a", `1`)
		if end := s.RunToEnd(arn); end != loop.Blocked || status(t, s, arn) != "RUNNING" || time.Now() != start {
			t.Errorf("got end %d and %s after %s, expected to be blocked at once", end, status(t, s, arn), time.Since(start))
		}
		s.Run(start.Add(365*24*time.Hour - 1))
		if got := status(t, s, arn); got != "RUNNING" {
			t.Errorf("got %s before the year is over, expected RUNNING", got)
		}
		s.Run(start.Add(365 * 24 * time.Hour))
		if got := status(t, s, arn); got != "TIMED_OUT" {
			t.Errorf("got %s after a year, expected TIMED_OUT", got)
		}
		s.Close()
	})
}
