package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
)

// batchOf returns a batch as the state machine sends it. The items have indexes
// from first.
func batchOf(first int, items ...any) string {
	type indexed struct {
		Index int `json:"index"`
		Item  any `json:"item"`
	}
	list := []indexed{}
	for i, item := range items {
		list = append(list, indexed{first + i, item})
	}
	text, err := json.Marshal(map[string]any{
		"BatchInput": map[string]any{"job": map[string]any{"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x"},
		"Items":      list,
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

type unpayable struct{ reason string }

func (u *unpayable) Error() string { return u.reason }

type throttled struct{}

func (throttled) Error() string     { return "slow down" }
func (throttled) ErrorCode() string { return "ThrottlingException" }

func TestEachItemHasItsOwnOutcome(t *testing.T) {
	t.Parallel()
	h := work(func(ctx context.Context, deed string) (string, error) {
		switch deed {
		case "panic":
			panic("boom")
		case "named":
			return "", fmt.Errorf("order 7: %w", job.Errorf("InvalidOrder", "quantity must be positive, got %d", -3))
		case "typed":
			return "", fmt.Errorf("paying: %w", &unpayable{"no money"})
		case "plain":
			return "", errors.New("something")
		case "info":
			i := job.InfoOf(ctx)
			return fmt.Sprint(i.Name, " ", i.Execution, " ", i.Index, " ", i.StartedAt.Hour()), nil
		}
		return deed + "!", nil
	})
	outcomes := decode[[]job.Outcome](t, invoke(t, h, batchOf(10, "a", "panic", "named", "typed", "plain", "info", 7, "b")))
	expected := []job.Outcome{
		{Index: 10, Status: job.Succeeded, Output: json.RawMessage(`"a!"`)},
		{Index: 11, Status: job.Failed, Error: "MapJob.Panic", Cause: "boom"},
		{Index: 12, Status: job.Failed, Error: "InvalidOrder", Cause: "order 7: quantity must be positive, got -3"},
		{Index: 13, Status: job.Failed, Error: "unpayable", Cause: "paying: no money"},
		{Index: 14, Status: job.Failed, Error: "Error", Cause: "something"},
		{Index: 15, Status: job.Succeeded, Output: json.RawMessage(`"nightly arn:x 15 2"`)},
		{Index: 16, Status: job.Failed, Error: "MapJob.InvalidInput", Cause: "json: cannot unmarshal number into Go value of type string in 7, expected an item that fits string"},
		{Index: 17, Status: job.Succeeded, Output: json.RawMessage(`"b!"`)},
	}
	if diff := cmp.Diff(expected, outcomes, untimed); diff != "" {
		t.Errorf("(-expected +got):\n%s", diff)
	}
}

func TestConcurrencyKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		h := work(func(_ context.Context, n int) (int, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Duration(10-n%10) * time.Millisecond) // the later ones are faster
			running.Add(-1)
			return n * n, nil
		}, job.Concurrency(5))
		items := make([]any, 40)
		for i := range items {
			items[i] = i
		}
		for i, o := range decode[[]job.Outcome](t, invoke(t, h, batchOf(0, items...))) {
			if o.Index != i || string(o.Output) != strconv.Itoa(i*i) {
				t.Errorf("got %+v at place %d, expected the item's own", o, i)
			}
		}
		if n := most.Load(); n != 5 {
			t.Errorf("got %d items at once, expected five", n)
		}
	})
}

func TestRetryableErrorsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err      error
		tries    int
		expected job.Outcome
	}{
		"marked":             {job.Retryable(errors.New("busy")), 3, job.Outcome{Status: job.Failed, Error: "Error", Cause: "busy", Retryable: true}},
		"marked with a name": {job.Retryable(job.Errorf("Busy", "busy")), 3, job.Outcome{Status: job.Failed, Error: "Busy", Cause: "busy", Retryable: true}},
		"throttle":           {fmt.Errorf("putting: %w", throttled{}), 3, job.Outcome{Status: job.Failed, Error: "ThrottlingException", Cause: "putting: slow down", Retryable: true}},
		"deadline":           {fmt.Errorf("calling: %w", context.DeadlineExceeded), 3, job.Outcome{Status: job.Failed, Error: "MapJob.DeadlineExceeded", Cause: "calling: context deadline exceeded", Retryable: true}},
		"permanent":          {job.Errorf("Bad", "bad"), 1, job.Outcome{Status: job.Failed, Error: "Bad", Cause: "bad"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				h := work(func(context.Context, int) (int, error) { tries++; return 0, c.err })
				got := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, 1)))
				if diff := cmp.Diff([]job.Outcome{c.expected}, got, untimed); diff != "" || tries != c.tries {
					t.Errorf("after %d tries, expected %d (-expected +got):\n%s", tries, c.tries, diff)
				}
			})
		})
	}
}

func TestTriesSetsHowOftenAnItemIsTried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var pauses []time.Duration
		last := time.Now()
		h := work(func(context.Context, int) (string, error) {
			pauses = append(pauses, time.Since(last))
			last = time.Now()
			if len(pauses) < 4 {
				return "", job.Retryable(errors.New("not yet"))
			}
			return "at last", nil
		}, job.Tries(4))
		if got := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, 1)))[0]; string(got.Output) != `"at last"` {
			t.Errorf("got %+v, expected the fourth try to succeed", got)
		}
		for i, most := range []int64{0, 101, 201, 401} {
			if pauses[i] > time.Duration(most)*time.Millisecond {
				t.Errorf("got a pause of %s before try %d, expected at most %d ms", pauses[i], i+1, most)
			}
		}
	})
}

func TestTheAnswerComesBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer outlast()
		h := work(func(ctx context.Context, deed string) (string, error) {
			switch deed {
			case "returns":
				<-ctx.Done()
				return "", ctx.Err()
			case "ignores":
				time.Sleep(time.Minute)
			}
			return deed, nil
		})
		for _, slow := range []string{"returns", "ignores"} {
			deadline := time.Now().Add(2 * time.Second)
			ctx, cancel := context.WithDeadline(context.Background(), deadline)
			answer, err := h.Invoke(ctx, []byte(batchOf(0, "quick", slow, "never begun")))
			cancel()
			if err != nil || !time.Now().Before(deadline) {
				t.Fatalf("got error %v at %v, expected an answer before %v", err, time.Now(), deadline)
			}
			outcomes := decode[[]job.Outcome](t, string(answer))
			if len(outcomes) != 3 || outcomes[0].Status != job.Succeeded {
				t.Fatalf("got %+v, expected the first of three to have succeeded", outcomes)
			}
			if o := outcomes[1]; o.StartedAt == 0 || o.Ms < 1800 || slow == "ignores" && !strings.Contains(o.Cause, "before the item was done") {
				t.Errorf("%s: got %+v, expected when it started and how long it has taken", slow, o)
			}
			if o := outcomes[2]; o.StartedAt != 0 || o.Ms != 0 || !strings.Contains(o.Cause, "before the item was started") {
				t.Errorf("%s: got %+v, expected an item that was not started", slow, o)
			}
			for _, late := range outcomes[1:] {
				if late.Status != job.Failed || late.Error != job.ErrorDeadline || !late.Retryable {
					t.Errorf("%s: got %+v, expected a retryable %s", slow, late, job.ErrorDeadline)
				}
			}
		}
	})
}

func TestAPayloadThatIsNoBatchIsRefusedByName(t *testing.T) {
	t.Parallel()
	h := work(func(context.Context, int) (int, error) { return 0, nil })
	for _, payload := range []string{`"hello"`, `{}`, `{"Items": "all"}`, `[`} {
		err := refused(t, h, payload)
		if err.Type != job.ErrorInvalidInput || !strings.Contains(err.Message, `expected {"BatchInput": `) {
			t.Errorf("%s: got %s: %s, expected %s and what a batch is", payload, err.Type, err.Message, job.ErrorInvalidInput)
		}
	}
	for name, items := range map[string]string{
		"unwrapped items":               `[{"id": 1}, {"id": 2}]`,
		"an element that is none":       `[{"index": 0, "item": 1}, null]`,
		"no index":                      `[{"index": 0, "item": 1}, {"item": 2}]`,
		"no item":                       `[{"index": 0, "item": 1}, {"index": 1}]`,
		"an item under another name":    `[{"index": 0, "value": {"index": 1, "item": 2}}]`,
		"a name that is only a value":   `[{"index": 0, "x": "item"}]`,
		"one whose item has the others": `[{"index": 0, "item": {"a": [{"index": 1, "item": 2}]}}, {"index": 1}]`,
		"an index that is none":         `[{"index": null, "item": 1}]`,
	} {
		payload := `{"BatchInput": {"Items": {"index": 1, "item": 2}}, "Items": ` + items + `}`
		for kind, h := range map[string]job.Handler{"worker": work(func(context.Context, any) (int, error) { return 0, nil }), "typed": h} {
			if err := refused(t, h, payload); err.Type != job.ErrorInvalidInput || !strings.Contains(err.Message, `expected {"index": …, "item": …}`) {
				t.Errorf("%s, %s: got %s: %s, expected %s", name, kind, err.Type, err.Message, job.ErrorInvalidInput)
			}
		}
	}
	for _, items := range []string{
		`[{"index": 0, "item": null}]`, `[{"item" : 7,"\u0069ndex":0}]`, `[{"Index": 0, "ITEM": 1}]`, `[{"index": 0, "x": "\\\"", "y": "\\", "item": 1}]`, `[{"index": 0, "item": 1, "x": {"y": []}}]`,
	} {
		if answer := invoke(t, h, `{"Items": `+items+`, "BatchInput": {"job": {"name": "x"}}}`); !strings.Contains(answer, `"SUCCEEDED"`) {
			t.Errorf("%s: got %s, expected it to be a batch", items, answer)
		}
	}
	if answer := invoke(t, h, `{"Items": []}`); answer != "[]" {
		t.Errorf("got %s for an empty batch, expected an empty list", answer)
	}
}

func TestAHandlerThatEndsItsGoroutineFailsItsItemOnly(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3} {
		h := work(func(_ context.Context, n int) (int, error) {
			time.Sleep(5 * time.Millisecond)
			if n%2 == 1 {
				runtime.Goexit()
			}
			return n, nil
		}, job.Concurrency(n))
		for i, o := range decode[[]job.Outcome](t, invoke(t, h, batchOf(0, 0, 1, 2, 3, 4, 5))) {
			if o.StartedAt == 0 || o.Ms < 5 {
				t.Errorf("got %+v with Concurrency(%d), expected the time when the item began and how long it took", o, n)
			}
			if i%2 == 1 && (o.Error != job.ErrorHandlerExited || o.Retryable) || i%2 == 0 && o.Status != job.Succeeded {
				t.Errorf("got %+v with Concurrency(%d), expected its neighbours to go on", o, n)
			}
		}
	}
}

func BenchmarkBatchOf100(b *testing.B) {
	type order struct {
		ID    string `json:"id"`
		Lines []int  `json:"lines"`
	}
	h := job.Work(func(_ context.Context, o order) (order, error) { return o, nil })
	items := make([]any, 100)
	for i := range items {
		items[i] = order{fmt.Sprint("order-", i), []int{1, 2, 3}}
	}
	payload := []byte(batchOf(0, items...))
	for b.Loop() {
		if _, err := h.Invoke(context.Background(), payload); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/item")
}
