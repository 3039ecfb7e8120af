package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine"
)

// failing answers with an error the given number of times, then succeeds.
func failing(times int, name string) engine.Integration {
	return engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		if times > 0 {
			times--
			return engine.Answer{Err: &engine.TaskError{Name: name, Cause: "cause"}}
		}
		return engine.Answer{Output: "done"}
	})
}

func TestRetryThenCatch(t *testing.T) {
	for _, c := range []struct {
		fields   string
		failures int
		name     string
		output   string
	}{
		{`,"Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":2}]`, 2, "Busy", `"done"`},
		{`,"Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":1}]`, 1, "Busy", `"done"`},
		{`,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":0}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}]`, 1, "Busy", `{"Error":"Busy","Cause":"cause"}`},
		{`,"Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["Busy"],"ResultPath":"$.e","Next":"Caught"}]`, 2, "Busy", `{"a":1,"e":{"Error":"Busy","Cause":"cause"}}`},
		{`,"Catch":[{"ErrorEquals":["Busy"],"ResultPath":null,"Next":"Caught"}]`, 1, "Busy", `{"a":1}`},
	} {
		x := run(t, task(c.fields), `{"a":1}`, engine.WithIntegration(lambda, failing(c.failures, c.name)))
		succeeds(t, x, c.output)
	}
}

func TestRetryBacksOffUpToMaxDelay(t *testing.T) {
	var calls []time.Duration
	failing := engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		calls = append(calls, r.Now.Sub(start))
		return engine.Answer{Err: &engine.TaskError{Name: "Busy", Cause: "later"}}
	})
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":1,"BackoffRate":3,"MaxAttempts":4,"MaxDelaySeconds":10}]}}}`, `{}`, engine.WithIntegration(lambda, failing))
	expected := []time.Duration{0, 1 * time.Second, 4 * time.Second, 13 * time.Second, 23 * time.Second}
	if diff := cmp.Diff(expected, calls); diff != "" {
		t.Errorf("the times of the calls differ (-expected +got):\n%s", diff)
	}
	fails(t, x, "Busy", "later")
}

func TestEachRetrierCountsItsOwnAttempts(t *testing.T) {
	names := []string{"A", "B", "A", "B", "A"}
	calls := 0
	x := run(t, task(`,"Retry":[{"ErrorEquals":["A"],"MaxAttempts":2},{"ErrorEquals":["B"],"MaxAttempts":2}]`), `{}`,
		engine.WithIntegration(lambda, engine.ImmediateFunc(func(*engine.Request) engine.Answer {
			calls++
			return engine.Answer{Err: &engine.TaskError{Name: names[calls-1]}}
		})))
	fails(t, x, "A", "")
	if calls != 5 {
		t.Errorf("got %d calls, expected 5", calls)
	}
}

func TestStatesAllDoesNotCatchRuntimeErrors(t *testing.T) {
	x := run(t, task(`,"Parameters":{"FunctionName.$":"$.missing"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}]`), `{}`, engine.WithIntegration(lambda, payload))
	fails(t, x, "States.Runtime", "The JSONPath '$.missing' specified for the field 'FunctionName.$' could not be found in the input '{}'")
}
