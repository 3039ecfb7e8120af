package job

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// What applies where an option is not given.
const (
	defaultConcurrency = 1
	defaultTries       = 3
	firstBackoff       = 100 * time.Millisecond
	longestBackoff     = 5 * time.Second
	longestReserve     = 2 * time.Second
)

// WorkOption changes how a worker handles a batch.
type WorkOption func(*workOptions)

type workOptions struct {
	concurrency int
	tries       int
}

// Concurrency handles up to n items of a batch at once: worth it where the
// handler waits for others more than it computes. The default is one.
func Concurrency(n int) WorkOption { return func(o *workOptions) { o.concurrency = max(1, n) } }

// Tries is how often an item is tried whose errors are retryable, the first
// time included. The default is three.
func Tries(n int) WorkOption { return func(o *workOptions) { o.tries = max(1, n) } }

type worker[Item, Result any] struct {
	handle  func(context.Context, Item) (Result, error)
	options workOptions
}

// Work is the worker: handle gets one item and returns its result or an error.
// An item's error, panic or lateness is its own: its neighbours in the batch
// get their results all the same. Name errors with [Fail], so that the report
// can count them; mark with [Retryable] what may go well another time.
func Work[Item, Result any](handle func(context.Context, Item) (Result, error), options ...WorkOption) Handler {
	setUpLog()
	w := &worker[Item, Result]{handle, workOptions{defaultConcurrency, defaultTries}}
	for _, option := range options {
		option(&w.options)
	}
	return w
}

// Invoke answers one invocation: a batch, with one outcome per item, in order.
func (w *worker[Item, Result]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var b batch
	const expected = `{"BatchInput": {…}, "Items": [{"index": 0, "item": …}, …]}`
	if err := decode(payload, &b, expected); err != nil {
		return nil, err
	}
	if b.Items == nil {
		return nil, invalidInput("no Items in %s, expected %s", excerpt(payload), expected)
	}
	ctx, info, end := begin(ctx, b.BatchInput.Job, b.BatchInput.Execution)
	defer end()
	// The handlers' time ends before Lambda ends the invocation's. Half of what
	// is kept back is for those that heed their context to come to an end, half
	// for the answer.
	grace := time.Duration(0)
	if deadline, ok := ctx.Deadline(); ok {
		reserve := min(time.Until(deadline)/10, longestReserve)
		grace = reserve / 2
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	return json.Marshal(w.outcomes(ctx, &b, info, grace))
}

func (w *worker[Item, Result]) outcomes(ctx context.Context, b *batch, info Info, grace time.Duration) []Outcome {
	outcomes := make([]Outcome, len(b.Items))
	for i, item := range b.Items { // what stays as it is was not begun
		outcomes[i] = Outcome{Index: item.Index, Status: Failed, Retryable: true,
			Error: ErrorDeadline, Cause: "the invocation's time was up before the item was done"}
	}
	type done struct {
		at      int
		outcome Outcome
	}
	next := make(chan int)
	results := make(chan done, w.options.concurrency) // room for one each: whoever comes too late is not kept waiting
	for range min(w.options.concurrency, len(b.Items)) {
		go func() {
			for i := range next {
				info := info
				info.Index = b.Items[i].Index
				if w.options.concurrency == 1 {
					current.Store(&info)
				}
				results <- done{i, w.outcome(withInfo(ctx, info), b.Items[i].Index, b.Items[i].Item)}
			}
		}()
	}
	defer close(next)

	begun, pending := 0, 0
	for begun < len(b.Items) || pending > 0 {
		feed := next
		if begun == len(b.Items) {
			feed = nil
		}
		if ctx.Err() != nil && pending == 0 {
			break
		}
		select {
		case feed <- begun:
			begun++
			pending++
		case d := <-results:
			outcomes[d.at] = d.outcome
			pending--
		case <-ctx.Done():
			for over := time.After(grace); pending > 0; pending-- {
				select {
				case d := <-results:
					outcomes[d.at] = d.outcome
				case <-over:
					return outcomes
				}
			}
		}
	}
	return outcomes
}

// outcome handles one item, again where its error is retryable and time is left.
func (w *worker[Item, Result]) outcome(ctx context.Context, index int, text json.RawMessage) Outcome {
	var item Item
	if err := json.Unmarshal(text, &item); err != nil {
		return Outcome{Index: index, Status: Failed, Error: ErrorInvalidInput,
			Cause: fmt.Sprintf("%v in %s, expected an item that fits %T", err, excerpt(text), item)}
	}
	for try := 1; ; try++ {
		var output []byte
		err := recovered(func() error {
			result, err := w.handle(ctx, item)
			if err != nil {
				return err
			}
			output, err = json.Marshal(result)
			return err
		})
		if err == nil {
			return Outcome{Index: index, Status: Succeeded, Output: output}
		}
		again := isRetryable(err)
		if !again || try >= w.options.tries || !sleep(ctx, backoff(try)) {
			return Outcome{Index: index, Status: Failed, Error: nameOf(err), Cause: err.Error(), Retryable: again}
		}
	}
}

// backoff doubles from try to try, with full jitter.
func backoff(try int) time.Duration {
	return rand.N(min(firstBackoff<<(try-1), longestBackoff)) + time.Millisecond
}

// sleep reports whether the time passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// recovered makes a panic the function's error. The stack goes to the log.
func recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = Fail(ErrorPanic, "%v", p)
		}
	}()
	return f()
}
