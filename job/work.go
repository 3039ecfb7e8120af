package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	fast "github.com/go-json-experiment/json/v1"
)

// What applies where an option is not given.
const (
	defaultConcurrency = 1
	defaultTries       = 3
	longestBackoff     = 5 * time.Second
	longestReserve     = 2 * time.Second
)

// firstBackoff is the most that the second try waits for.
var firstBackoff = 100 * time.Millisecond

// withDeadline is the handlers' deadline; a test has its own idea of time.
var withDeadline = context.WithDeadline

// WorkOption changes how a worker handles a batch.
type WorkOption func(*workOptions)

type workOptions struct {
	concurrency int
	tries       int
	guard       any // a guard[Item]; nil: an item is done as often as it is delivered
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
	guard   guard[Item]
}

// Work is the worker: handle gets one item and returns its result or an error.
// An item's error, panic or lateness is its own: its neighbours in the batch
// get their results all the same. Name errors with [Fail], so that the report
// can count them; mark with [Retryable] what may go well another time.
func Work[Item, Result any](handle func(context.Context, Item) (Result, error), options ...WorkOption) Handler {
	setUpLog()
	w := &worker[Item, Result]{handle: handle, options: workOptions{concurrency: defaultConcurrency, tries: defaultTries}}
	for _, option := range options {
		option(&w.options)
	}
	if w.options.guard != nil {
		w.guard = guardOf[Item](w.options.guard)
	}
	return w
}

// Invoke answers one invocation: a batch, with one outcome per item, in order.
func (w *worker[Item, Result]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	b, err := readBatch[Item](ctx, payload)
	if err != nil {
		return nil, err
	}
	within, info, end := begin(ctx, b.BatchInput.Job, b.BatchInput.Execution)
	defer end()
	if b.Chunk != nil {
		return w.chunk(within, b, info)
	}
	outcomes := w.outcomes(within, b.Items, info, nil)
	if b.BatchInput.KeepItems {
		if err := keepItems(payload, outcomes); err != nil {
			return nil, err
		}
	}
	return b.BatchInput.answer(ctx, outcomes)
}

// keepItems gives the outcomes of items that failed the items, as they came.
func keepItems(payload []byte, outcomes []Outcome) error {
	failed := func(o Outcome) bool { return o.Status != Succeeded }
	if !slices.ContainsFunc(outcomes, failed) {
		return nil
	}
	var raw batch[json.RawMessage]
	if err := decode(payload, &raw, "the batch once more"); err != nil {
		return err
	}
	for i := range outcomes {
		if failed(outcomes[i]) {
			outcomes[i].Item = oneLine(raw.Items[i].Item)
		}
	}
	return nil
}

// readBatch decodes each item once, in half the time of encoding/json and by its
// rules. Only where something does not fit are the items taken one by one, by
// encoding/json itself, so that each answers for itself.
func readBatch[Item any](ctx context.Context, payload []byte) (*batch[Item], error) {
	const expected = `{"BatchInput": {…}, "Items": [{"index": 0, "item": …}, …]}`
	const most = 10_000 // an item may have an index of its own, and many of them
	b := &batch[Item]{Items: make([]indexed[Item], 0, min(most, bytes.Count(payload, []byte(`"index":`))))}
	if err := recovered(ctx, func() error { return fast.Unmarshal(payload, b) }); err != nil {
		var raw batch[json.RawMessage]
		if err := decode(payload, &raw, expected); err != nil {
			return nil, err
		}
		*b = batch[Item]{BatchInput: raw.BatchInput, Chunk: raw.Chunk}
		for _, text := range raw.Items {
			b.Items = append(b.Items, readItem[Item](ctx, text.Index, text.Item))
		}
	}
	if len(b.Items) == 0 && b.Chunk == nil && !hasItems(payload) {
		return nil, invalidInput("no Items in %s, expected %s", excerpt(payload), expected)
	}
	if !looksWrapped(payload, b.Items) {
		if at, element := firstUnwrapped(payload); at >= 0 {
			return nil, invalidInput("got %s in place %d of Items, expected %s, as an ItemSelector of the Map wraps each item", excerpt(element), at, `{"index": …, "item": …}`)
		}
	}
	return b, nil
}

// hasItems reports whether there is a list of items, be it an empty one.
func hasItems(payload []byte) bool {
	var b batch[json.RawMessage]
	return json.Unmarshal(payload, &b) == nil && b.Items != nil
}

func readItem[Item any](ctx context.Context, index int, text []byte) indexed[Item] {
	item := indexed[Item]{Index: index}
	if err := recovered(ctx, func() error { return json.Unmarshal(text, &item.Item) }); err != nil {
		item.unfit = fmt.Errorf("%w in %s, expected an item that fits %T", err, excerpt(text), item.Item)
	}
	return item
}

// outcomes handles the items and answers in time, with one outcome for each.
func (w *worker[Item, Result]) outcomes(ctx context.Context, items []indexed[Item], info Info, store *chunkStore) []Outcome {
	ctx, grace, cancel := early(ctx)
	defer cancel()
	r := newRecord(items, store)
	var next atomic.Int64
	var running sync.WaitGroup
	var run func()
	run = func() {
		i, returned := 0, true
		defer func() {
			if !returned { // the handler took the goroutine with it: another one goes on
				t := tell(exited())
				r.keep(i, Outcome{Index: items[i].Index, Status: Failed, Error: t.name, Cause: t.message, StartedAt: time.Now().UnixMilli()})
				running.Go(run)
			}
		}()
		for ctx.Err() == nil {
			if i = int(next.Add(1)) - 1; i >= len(items) {
				return
			}
			within := &infoContext{ctx, info}
			within.info.Index = items[i].Index
			if w.options.concurrency == 1 {
				current.Store(&within.info)
			}
			returned = false
			o := w.outcome(within, &items[i])
			returned = true
			r.keep(i, o)
		}
	}
	for range min(w.options.concurrency, len(items)) {
		running.Go(run)
	}
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		select {
		case <-done:
		case <-time.After(grace):
		}
	}
	return r.close()
}

// outcome handles one item, or says what came of it where its work was done before.
func (w *worker[Item, Result]) outcome(ctx context.Context, item *indexed[Item]) Outcome {
	if w.guard == nil || item.unfit != nil {
		return w.tried(ctx, item)
	}
	o := w.guard.outcome(ctx, item.Item, func() Outcome { return w.tried(ctx, item) })
	o.Index = item.Index
	return o
}

// tried handles one item, again where its error is retryable and time is left.
func (w *worker[Item, Result]) tried(ctx context.Context, item *indexed[Item]) (o Outcome) {
	began := time.Now()
	defer func() { o.Index, o.StartedAt, o.Ms = item.Index, began.UnixMilli(), time.Since(began).Milliseconds() }()
	if item.unfit != nil {
		return Outcome{Status: Failed, Error: ErrorInvalidInput, Cause: item.unfit.Error()}
	}
	for try := 1; ; try++ {
		output, err := w.handled(ctx, item.Item)
		if err == nil {
			return Outcome{Status: Succeeded, Output: output}
		}
		why := tell(err)
		if !why.retryable || try >= w.options.tries || !sleep(ctx, backoff(try)) {
			return Outcome{Status: Failed, Error: why.name, Cause: why.message, Retryable: why.retryable}
		}
	}
}

// handled is one try at an item.
func (w *worker[Item, Result]) handled(ctx context.Context, item Item) (output []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(ctx, p)
		}
	}()
	result, err := w.handle(ctx, item)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
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
func recovered(ctx context.Context, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(ctx, p)
		}
	}()
	return f()
}

func panicked(ctx context.Context, p any) error {
	slog.ErrorContext(ctx, "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return Fail(ErrorPanic, "%v", p)
}
