package job_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/internal/once/oncetest"
	"github.com/mapjob/mapjob/job/jobtest"
)

// virtualOnce returns job.Once on a table in memory, for tests in virtual time.
func virtualOnce[Item any](table *oncetest.Table, key func(Item) string, options ...job.OnceOption) job.WorkOption {
	return job.Once("Table", key, append(options, job.WithDynamoDB(table.Client()))...)
}

// forms are the ways in which an item reaches a handler with job.Once. Each
// delivers the item "a" once and reports whether it succeeded.
var forms = map[string]func(t *testing.T, table *oncetest.Table, handle func(context.Context, string) (any, error)) (deliver func() bool){
	"a worker": func(t *testing.T, table *oncetest.Table, handle func(context.Context, string) (any, error)) func() bool {
		h := work(handle, virtualOnce(table, itself))
		return func() bool { return (jobtest.Call{Timeout: time.Minute}).Work(t, h, "a")[0].Status == job.Succeeded }
	},
	"a worker across executions": func(t *testing.T, table *oncetest.Table, handle func(context.Context, string) (any, error)) func() bool {
		h := work(handle, virtualOnce(table, itself, job.AcrossExecutions()))
		return func() bool { return (jobtest.Call{Timeout: time.Minute}).Work(t, h, "a")[0].Status == job.Succeeded }
	},
	"a worker with chunks": func(t *testing.T, table *oncetest.Table, handle func(context.Context, string) (any, error)) func() bool {
		h := work(handle, virtualOnce(table, itself))
		return func() bool { // each time another child, which finds no stored outcomes
			prefix := rand.Text()
			put(t, prefix+"/chunk", "\"a\"\n")
			answer, err := (jobtest.Call{Timeout: time.Minute}).Invoke(h, fmt.Appendf(nil, `{"BatchInput": {"job": {"name": "nightly"}, "execution": "arn:x",
				"outcomes": {"bucket": "results", "prefix": "%[1]s/outcomes"}}, "Chunk": {"bucket": "results", "key": "%[1]s/chunk", "first": 0, "count": 1}}`, prefix))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(string(answer), `"succeeded":1`)
		}
	},
	"a queue": func(t *testing.T, table *oncetest.Table, handle func(context.Context, string) (any, error)) func() bool {
		h := job.Queue(job.IgnoreResult(handle), virtualOnce(table, itself), silent)
		return func() bool { return (jobtest.Call{Timeout: time.Minute}).Queue(t, h, "a") == nil }
	},
}

func TestAPassingFaultIsNotRememberedInAnyForm(t *testing.T) {
	t.Parallel()
	faults := map[string]func(context.Context) error{
		"an error":                   func(context.Context) error { return errors.New("no connection") },
		"a named error":              func(context.Context) error { return job.Errorf("BankClosed", "until nine") },
		"a retryable error":          func(context.Context) error { return job.Retryable(errors.New("busy")) },
		"a wrapped error":            func(context.Context) error { return fmt.Errorf("paying: %w", job.Errorf("BankClosed", "until nine")) },
		"an error of a service":      func(context.Context) error { return &types.ResourceNotFoundException{} },
		"a throttle":                 func(context.Context) error { return &types.ProvisionedThroughputExceededException{} },
		"an error that panics":       func(context.Context) error { var e *types.ResourceInUseException; return fmt.Errorf("%w", e) },
		"a panic":                    func(context.Context) error { panic("no configuration") },
		"the end of the goroutine":   func(context.Context) error { runtime.Goexit(); return nil },
		"the end of the time":        func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"the end of the time, named": func(ctx context.Context) error { <-ctx.Done(); return job.Errorf("Slow", "too slow") },
	}
	for form, of := range forms {
		for fault, fail := range faults {
			t.Run(form+", "+fault, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					table, passed, done := &oncetest.Table{}, false, 0
					deliver := of(t, table, func(ctx context.Context, _ string) (any, error) {
						if !passed {
							return nil, fail(ctx)
						}
						done++
						return "done", nil
					})
					if deliver() {
						t.Fatal("got a success, expected the fault")
					}
					if records := table.Statuses(); len(records) != 0 {
						t.Errorf("got the records %v after the fault, expected none", records)
					}
					passed = true
					for range 2 {
						if !deliver() || done != 1 {
							t.Errorf("got it done %d times after the fault has passed, expected once", done)
						}
					}
				})
			})
		}
	}
}

func TestWorkThatIsDoneOrFinalIsRememberedInEveryForm(t *testing.T) {
	t.Parallel()
	type ending struct {
		result any
		err    error
		fails  bool
	}
	endings := map[string]ending{
		"a success":                  {result: "done"},
		"a final error":              {err: job.Final(job.Errorf("Declined", "no")), fails: true},
		"a final error inside":       {err: fmt.Errorf("paying: %w", job.Final(errors.New("no"))), fails: true},
		"a final timeout":            {err: job.Final(context.DeadlineExceeded), fails: true},
		"final, then retryable":      {err: job.Retryable(job.Final(errors.New("no"))), fails: true},
		"a result that is no JSON":   {result: math.NaN(), fails: true},
		"a result that panics":       {result: stubborn{}, fails: true},
		"a result that is too large": {result: strings.Repeat("x", 500_000), fails: true},
	}
	for form, of := range forms {
		for name, e := range endings {
			t.Run(form+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					done := 0
					deliver := of(t, &oncetest.Table{}, func(context.Context, string) (any, error) { done++; return e.result, e.err })
					fails := e.fails && (form != "a queue" || e.err != nil) // a queue takes no results
					for range 3 {
						if deliver() == fails || done != 1 {
							t.Errorf("got it done %d times, expected once and the same answer each time", done)
						}
					}
					time.Sleep(25 * time.Hour)
					if deliver() == fails || done != 2 {
						t.Errorf("got it done %d times after a day, expected twice", done)
					}
				})
			})
		}
	}
}

// sqsMessage is delivered as SQS does: again when its visibility timeout is over,
// and after so many times it moves to the dead-letter queue.
type sqsMessage struct {
	worker     job.Handler
	visibility time.Duration
	receives   int
}

// deliver reports whether the message was deleted. If not, it is in the
// dead-letter queue.
func (m *sqsMessage) deliver(t *testing.T) bool {
	for range m.receives {
		if (jobtest.Call{Timeout: 30 * time.Second}).Queue(t, m.worker, "a") == nil {
			return true
		}
		time.Sleep(m.visibility)
	}
	return false
}

func TestAQueueRetriesAndRedrivesWhatFailed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failures int // before the work succeeds
		err      error
		deleted  bool // without a redrive
		redriven bool // deleted after a redrive an hour later
		calls    int
	}{
		"a fault that passes at once":           {1, errors.New("no connection"), true, true, 2},
		"a fault that passes at the last retry": {2, errors.New("no connection"), true, true, 3},
		"a fault that lasts until the redrive":  {3, errors.New("no connection"), false, true, 4},
		"a named fault":                         {3, job.Errorf("BankClosed", "until nine"), false, true, 4},
		"a fault that lasts":                    {math.MaxInt, errors.New("no connection"), false, false, 6},
		"a final error":                         {math.MaxInt, job.Final(errors.New("declined")), false, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				m := &sqsMessage{receives: 3, visibility: 3 * time.Minute, worker: job.Queue(func(context.Context, string) error {
					if calls++; calls <= c.failures {
						return c.err
					}
					return nil
				}, virtualOnce(&oncetest.Table{}, itself), silent)}
				if deleted := m.deliver(t); deleted != c.deleted {
					t.Errorf("got deleted: %t after %d calls, expected %t", deleted, calls, c.deleted)
				}
				time.Sleep(time.Hour)
				if redriven := m.deliver(t); redriven != c.redriven || calls != c.calls {
					t.Errorf("got deleted: %t after the redrive and %d calls, expected %t and %d", redriven, calls, c.redriven, c.calls)
				}
			})
		})
	}
}

func TestAFailureThatAnEarlierReleaseRememberedIsDoneAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &oncetest.Table{}
		table.Store("arn:aws:sqs:us-east-1:123456789012:test#a", time.Now().Add(time.Hour), map[string]string{"owner": "x", "status": "FAILED", "error": "Error", "execution": "arn:aws:sqs:us-east-1:123456789012:test"})
		done := 0
		h := job.Queue(func(context.Context, string) error { done++; return nil }, virtualOnce(table, itself), silent)
		if failed := jobtest.Queue(t, h, "a"); failed != nil || done != 1 {
			t.Errorf("got the failures %v after it was done %d times, expected it done", failed, done)
		}
	})
}

// An invocation that crashes leaves work in progress behind, which the next
// delivery takes over a second after the crashed invocation's deadline.
func TestWorkInProgressIsTakenOverAfterItsDeadlineAndNotBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skew time.Duration // of the clock of the delivery that waits
		took time.Duration // until it has done the work, at least
	}{
		"clocks agree":             {0, 61 * time.Second},
		"its clock is 0.9 s ahead": {900 * time.Millisecond, 60 * time.Second},
		"its clock is 5 s behind":  {-5 * time.Second, 66 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer outlast()
				table := &oncetest.Table{}
				var calls atomic.Int64
				handle := func(context.Context, string) (int64, error) {
					n := calls.Add(1)
					if n == 1 {
						time.Sleep(time.Hour) // the process is gone
					}
					return n, nil
				}
				began := time.Now()
				go func() { // Lambda ends the process at its deadline, and nothing is answered
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					_, _ = work(handle, virtualOnce(table, itself)).Invoke(ctx, []byte(batchOf(0, "a")))
				}()
				synctest.Wait()
				waiting := work(handle, virtualOnce(table, itself), job.WithClock(func() time.Time { return time.Now().Add(c.skew) }))
				o := jobtest.Call{Execution: execution, Timeout: 5 * time.Minute}.Work(t, waiting, "a")[0]
				if took := time.Since(began); string(o.Output) != "2" || took < c.took || took > c.took+2*time.Second {
					t.Errorf("got %+v after %s, expected the second call after %s", o, took, c.took)
				}
			})
		})
	}
}

// A holder that outlasts its invocation is not awaited, and its late outcome does
// not replace that of the delivery that took over.
func TestASlowHolderLosesItsClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer outlast()
		table := &oncetest.Table{}
		var calls atomic.Int64
		h := work(func(context.Context, string) (int64, error) {
			n := calls.Add(1)
			if n == 1 {
				time.Sleep(10 * time.Minute) // it ignores its context
			}
			return n, nil
		}, virtualOnce(table, itself))
		call := jobtest.Call{Execution: execution, Timeout: time.Minute}
		if o := call.Work(t, h, "a")[0]; o.Error != job.ErrorDeadline || !o.Retryable {
			t.Errorf("got %+v, expected a retryable %s", o, job.ErrorDeadline)
		}
		for range 2 {
			if o := call.Work(t, h, "a")[0]; string(o.Output) != "2" {
				t.Errorf("got %+v, expected the second call to take over", o)
			}
			time.Sleep(15 * time.Minute)
		}
	})
}

func TestAHandlerThatChangesTheKeyOfItsItemDoesItOnce(t *testing.T) {
	t.Parallel()
	type order struct{ ID string }
	synctest.Test(t, func(t *testing.T) {
		table, done := &oncetest.Table{}, 0
		h := work(func(_ context.Context, o *order) (string, error) {
			done++
			o.ID = "changed"
			if done == 1 {
				return "", job.Retryable(errors.New("busy")) // the second try gets the changed item
			}
			return o.ID, nil
		}, virtualOnce(table, func(o *order) string { return o.ID }))
		for range 2 {
			if o := jobtest.Work(t, h, order{"a"})[0]; o.Status != job.Succeeded || done != 2 {
				t.Errorf("got %+v after %d tries, expected two tries of one delivery", o, done)
			}
		}
		if o := jobtest.Work(t, h, order{"changed"})[0]; o.Status != job.Succeeded || done != 3 {
			t.Errorf("got %+v after %d tries, expected an order with that ID to be other work", o, done)
		}
	})
}

func TestATableThatFailsNeverLosesWork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation, refused string
		fails              bool // the delivery
		done               int  // by it
		after              int  // by it and the next one, with a table that works
	}{
		"the claim is throttled":       {"PutItem 1", "ProvisionedThroughputExceededException", true, 0, 1},
		"the claim is denied":          {"PutItem 1", "AccessDeniedException", true, 0, 1},
		"there is no table":            {"PutItem 1", "ResourceNotFoundException", true, 0, 1},
		"the outcome is not stored":    {"PutItem 2", "AccessDeniedException", false, 1, 2},
		"the outcome is too large":     {"PutItem 2", "ValidationException", false, 1, 2},
		"the failure is not forgotten": {"DeleteItem 1", "AccessDeniedException", true, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mutex sync.Mutex
				requests, broken, done := map[string]int{}, true, 0
				table := &oncetest.Table{Refuse: func(operation string) string {
					mutex.Lock()
					defer mutex.Unlock()
					requests[operation]++
					from := 0
					if op, _ := fmt.Sscanf(c.operation, operation+" %d", &from); op == 1 && broken && requests[operation] >= from {
						return c.refused
					}
					return ""
				}}
				m := &sqsMessage{receives: 1, visibility: 3 * time.Minute, worker: job.Queue(func(context.Context, string) error {
					done++
					if broken && strings.HasPrefix(c.operation, "DeleteItem") {
						return errors.New("no connection")
					}
					return nil
				}, virtualOnce(table, itself), silent)}
				if deleted := m.deliver(t); deleted == c.fails || done != c.done {
					t.Errorf("got deleted: %t after it was done %d times, expected %t and %d", deleted, done, !c.fails, c.done)
				}
				broken = false
				time.Sleep(3 * time.Minute)
				if !m.deliver(t) || done != c.after {
					t.Errorf("got it done %d times with a table that works, expected %d", done, c.after)
				}
			})
		})
	}
}

func TestWorkersOfOneExecutionDoNotAnswerForEachOther(t *testing.T) {
	table := &oncetest.Table{}
	worker := func(name string) job.Handler {
		t.Setenv("AWS_LAMBDA_FUNCTION_NAME", name)
		return work(func(context.Context, string) (string, error) { return name, nil }, virtualOnce(table, itself))
	}
	for _, h := range []job.Handler{worker("price"), worker("send")} {
		jobtest.Work(t, h, "a")
	}
	if o := jobtest.Work(t, worker("send"), "a")[0]; string(o.Output) != `"send"` || len(table.Statuses()) != 2 {
		t.Errorf("got %+v and the records %v, expected one for each function", o, table.Statuses())
	}
}

func TestNoTwoScopesAndKeysHaveOneRecord(t *testing.T) {
	t.Parallel()
	table := &oncetest.Table{}
	h := work(func(ctx context.Context, _ string) (string, error) { return job.InfoOf(ctx).Name, nil }, virtualOnce(table, itself, job.AcrossExecutions()))
	for _, c := range [][2]string{{"a", "b#c"}, {"a#b", "c"}, {"a%23b", "c"}, {"a%", "b#c"}} {
		if o := (jobtest.Call{Job: c[0]}).Work(t, h, c[1])[0]; string(o.Output) != fmt.Sprintf("%q", c[0]) {
			t.Errorf("%v: got %+v, expected it done for its own job", c, o)
		}
	}
}

func TestWithoutAnExecutionThereIsNoOnce(t *testing.T) {
	t.Parallel()
	done := 0
	handle := func(context.Context, string) (string, error) { done++; return "", nil }
	for payload, h := range map[string]job.Handler{
		`{"BatchInput": {"job": {"name": "nightly"}}, "Items": [{"index": 0, "item": "a"}]}`: work(handle, virtualOnce(&oncetest.Table{}, itself)),
		`{"BatchInput": {"execution": "arn:x"}, "Items": [{"index": 0, "item": "a"}]}`:       work(handle, virtualOnce(&oncetest.Table{}, itself, job.AcrossExecutions())),
	} {
		o := decode[[]job.Outcome](t, invoke(t, h, payload))[0]
		if o.Error != job.ErrorInvalidInput || !strings.Contains(o.Cause, "the keys of job.Once belong to it") || done != 0 {
			t.Errorf("got %+v, expected %s: the next execution would share the keys", o, job.ErrorInvalidInput)
		}
	}
}

// What is sent to DynamoDB is JSON, which has no other bytes: keys that differ in them
// would become the same.
func TestAKeyThatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	table := &oncetest.Table{}
	done := 0
	h := work(func(context.Context, int) (int, error) { done++; return done, nil },
		virtualOnce(table, func(n int) string { return string([]byte{'k', 0xf0 + byte(n)}) }))
	for i, o := range jobtest.Work(t, h, 1, 2) {
		if o.Error != job.ErrorInvalidInput || o.Retryable || !strings.Contains(o.Cause, "expected UTF-8") {
			t.Errorf("got %+v of item %d, expected %s", o, i, job.ErrorInvalidInput)
		}
	}
	if done != 0 || len(table.Statuses()) != 0 {
		t.Errorf("got %d items done and the records %v, expected none", done, table.Statuses())
	}
}

// A record without an owner can't be replaced on the condition that it still belongs
// to that owner.
func TestARecordWithoutAnOwnerIsRefused(t *testing.T) {
	t.Parallel()
	table := &oncetest.Table{}
	table.Store("arn:aws:states:us-east-1:123456789012:execution:test:test#a", time.Now().Add(-time.Hour), map[string]string{"status": "INPROGRESS"})
	requests := 0
	table.Refuse = func(string) string { requests++; return "" }
	h := work(func(context.Context, string) (string, error) { return "", nil }, virtualOnce(table, itself))
	o := jobtest.Call{Timeout: 3 * time.Second}.Work(t, h, "a")[0]
	if !strings.Contains(o.Cause, "got a record without an owner") || requests != 2 {
		t.Errorf("got %+v after %d requests, expected a refusal after two", o, requests)
	}
}

// A failure whose message is long is still that failure.
func TestALongCauseIsRememberedInPart(t *testing.T) {
	t.Parallel()
	table := &oncetest.Table{}
	done := 0
	long := strings.Repeat("ü", 300_000)
	h := work(func(context.Context, string) (string, error) {
		done++
		return "", job.Final(job.Errorf("Refused", "%s", long))
	},
		virtualOnce(table, itself))
	for range 2 {
		o := jobtest.Work(t, h, "a")[0]
		if o.Error != "Refused" || !strings.HasPrefix(o.Cause, "üüü") || o.Retryable || done != 1 {
			t.Errorf("got the error %s with %.20q…, retryable %t, after it was done %d times, expected Refused, once", o.Error, o.Cause, o.Retryable, done)
		}
	}
	if statuses := fmt.Sprint(table.Statuses()); !strings.HasSuffix(statuses, ":FINAL]") {
		t.Errorf("got the records %s, expected one of a final failure", statuses)
	}
}
