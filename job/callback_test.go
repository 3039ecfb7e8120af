package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
	"github.com/mapjob/mapjob/job/jobtest"
)

// callbackOf is the format of a callback worker's payload: its items and its token.
const callbackOf = `{"BatchInput": {"job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x"}, "Items": %s, "TaskToken": %s}`

func ExampleCallback() {
	t := &testing.T{} // the test's own
	type payment struct{ Amount int }
	worker := job.Callback(func(ctx context.Context, p payment, token callback.Token) error {
		if p.Amount <= 0 {
			return job.Errorf("AmountNotPositive", "got %d", p.Amount) // the bank need not be asked
		}
		fmt.Println("ordered", p.Amount)
		return nil // token goes to the bank, which answers in its own time
	})
	var tasks jobtest.Tasks // in place of Step Functions
	for _, amount := range []int{70, -1} {
		outcome, ended := tasks.Callback(t, worker, payment{amount}).Outcome()
		fmt.Printf("%d: ended %t, error %q\n", amount, ended, outcome.Error)
	}
	// Output:
	// ordered 70
	// 70: ended false, error ""
	// -1: ended true, error "AmountNotPositive"
}

func TestACallbackWorkerPassesOnItemAndToken(t *testing.T) {
	t.Parallel()
	h := job.Callback(func(ctx context.Context, item, token string) error {
		i := job.InfoOf(ctx)
		if got := fmt.Sprint(i.Name, i.Execution, i.Index, item, token); got != "nightlyarn:x7paymenttoken" {
			return fmt.Errorf("got %s", got)
		}
		return nil
	})
	if answer := invoke(t, h, fmt.Sprintf(callbackOf, `[{"index": 7, "item": "payment"}]`, `"token"`)); answer != "null" {
		t.Errorf("got answer %s, expected null", answer)
	}
}

func TestACallbackWorkerFailsByItsErrorsName(t *testing.T) {
	t.Parallel()
	payload := fmt.Sprintf(callbackOf, `[{"index": 7, "item": "payment"}]`, `"token"`)
	for expected, hand := range map[string]func() error{
		"BankClosed: on sundays":                       func() error { return fmt.Errorf("%w", job.Errorf("BankClosed", "on sundays")) },
		"unpayable: paying: no money":                  func() error { return fmt.Errorf("paying: %w", &unpayable{"no money"}) },
		"Error: something":                             func() error { return errors.New("something") },
		job.ErrorPanic + ": boom":                      func() error { panic("boom") },
		"ThrottlingException: slow down":               func() error { return job.Retryable(throttled{}) },
		job.ErrorDeadline + ": " + "deadline exceeded": func() error { return fmt.Errorf("deadline exceeded%.0w", context.DeadlineExceeded) },
	} {
		h := job.Callback(func(context.Context, string, string) error { return hand() }, silent)
		if err := refused(t, h, payload); err.Type+": "+err.Message != expected {
			t.Errorf("got %s: %s, expected %s", err.Type, err.Message, expected)
		}
	}
}

func TestACallbackWorkersErrorComesBeforeItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := job.Callback(func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() })
		o, _ := jobtest.Call{Timeout: 500 * time.Millisecond}.Callback(t, &jobtest.Tasks{}, h, "payment").Outcome()
		if o.Error != job.ErrorDeadline {
			t.Errorf("got %+v, expected %s in place of Lambda's own time-out", o, job.ErrorDeadline)
		}
	})
}

func TestAPayloadThatIsNoCallbackIsRefusedByName(t *testing.T) {
	t.Parallel()
	h := job.Callback(func(context.Context, string, string) error { t.Error("got a call, expected none"); return nil })
	const one, token = `{"index": 0, "item": "x"}`, `"token"`
	for name, payload := range map[string]string{
		"no JSON":          `[`,
		"no token":         fmt.Sprintf(callbackOf, "["+one+"]", `null`),
		"a number's token": fmt.Sprintf(callbackOf, "["+one+"]", `7`),
		"no item":          fmt.Sprintf(callbackOf, `[]`, token),
		"two items":        fmt.Sprintf(callbackOf, "["+one+","+one+"]", token),
		"an unfit item":    fmt.Sprintf(callbackOf, `[{"index": 0, "item": 7}]`, token),
		"a chunk":          `{"BatchInput": {}, "Chunk": {"bucket": "b", "key": "k", "first": 0, "count": 1}, "TaskToken": "token"}`,
	} {
		if err := refused(t, h, payload); err.Type != job.ErrorInvalidInput || !strings.Contains(err.Message, "expected") {
			t.Errorf("%s: got %s: %s, expected %s and what a callback is", name, err.Type, err.Message, job.ErrorInvalidInput)
		}
	}
}
