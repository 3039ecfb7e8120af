package job

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/answer"
	"github.com/mapjob/mapjob/job/internal/batch"
	"github.com/mapjob/mapjob/job/internal/contain"
)

type worker[Item, Result any] struct {
	handle func(context.Context, Item) (Result, error)
	workOptions
	guard guard[Item]
}

// Work returns the handler of a worker. handle gets one item, decoded as package
// encoding/json does, and returns its result, which becomes JSON, or an error. An
// item fails alone, by an error, a panic or a timeout: the other items of the batch
// keep their results. An item that does not fit the type fails with
// [ErrorInvalidInput]. Name errors with [Errorf], so that the report can count
// them; mark with [Retryable] what may succeed another time.
func Work[Item, Result any](handle func(context.Context, Item) (Result, error), options ...WorkOption) Handler {
	return newWorker(handle, options)
}

func newWorker[Item, Result any](handle func(context.Context, Item) (Result, error), options []WorkOption) *worker[Item, Result] {
	w := &worker[Item, Result]{handle: handle, workOptions: workOptions{settings: defaults(), concurrency: 1, tries: 3}}
	for _, option := range options {
		option.applyToWork(&w.workOptions)
	}
	if w.workOptions.guard != nil {
		w.guard = guardOf[Item](w.workOptions.guard)
	}
	return w
}

// Invoke answers one invocation: a batch, with one outcome per item, in order.
func (w *worker[Item, Result]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	invocation := w.begin(ctx)
	answer, err := w.answer(invocation, payload)
	if err != nil {
		return nil, w.failed(invocation, err)
	}
	return answer, nil
}

func (w *worker[Item, Result]) answer(invocation *infoContext, payload []byte) ([]byte, error) {
	b, err := batch.Read[Item](invocation, w.log(), payload, invocation.ofBatch)
	if err != nil {
		return nil, err
	}
	if b.Chunk != nil {
		return w.chunk(invocation, b)
	}
	outcomes := w.outcomes(invocation, b, nil, nil)
	if b.BatchInput.KeepItems {
		if err := batch.KeepItems(payload, outcomes); err != nil {
			return nil, err
		}
	}
	return answer.Of(invocation, w.store, b.BatchInput.Outcomes, outcomes, func(o *protocol.Outcome) {
		w.logFailed(invocation.info.of(invocation, o.Index), o, 0)
	})
}

// outcomes handles the items and returns in time, with one outcome for each. If
// store is not nil, it takes each outcome as it comes. A line in the log says of each
// item that it failed, with the attributes of about, unless that is nil.
func (w *worker[Item, Result]) outcomes(invocation *infoContext, b *batch.Batch[Item], store func(protocol.Outcome), about func(at int) []slog.Attr) []protocol.Outcome {
	ctx, grace, cancel := contain.Early(invocation)
	defer cancel()
	record := answer.NewRecord(len(b.Items), func(at int) int { return b.Items[at].Index }, store)
	log := func(ctx context.Context, at int, o *protocol.Outcome, attempt int) {
		var more []slog.Attr
		if about != nil {
			more = about(at)
		}
		w.logFailed(ctx, o, attempt, more...)
	}
	var next atomic.Int64
	var running sync.WaitGroup
	var run func()
	run = func() {
		at, began, returned, attempt := 0, time.Time{}, true, 0
		defer func() {
			if !returned { // the handler ended the goroutine: another one continues
				why := describe(contain.Exited())
				o := protocol.Outcome{Status: protocol.Failed, Error: why.name, Cause: why.message}
				w.setTimes(&o, b.Items[at].Index, began)
				if record.Set(at, &o) {
					log(invocation.info.of(ctx, o.Index), at, &o, attempt)
				}
				running.Go(run)
			}
		}()
		for ctx.Err() == nil {
			if at = int(next.Add(1)) - 1; at >= len(b.Items) {
				return
			}
			began = w.now()
			record.Start(at, began)
			returned, attempt = false, 0
			item := invocation.info.of(ctx, b.Items[at].Index)
			o := w.outcome(item, b, at, began, &attempt)
			returned = true
			if record.Set(at, &o) && o.Status == protocol.Failed {
				log(item, at, &o, attempt)
			}
		}
	}
	for range min(w.concurrency, len(b.Items)) {
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
	outcomes := record.Close(w.now())
	notStarted, first, last := 0, 0, 0
	for at := range outcomes {
		o := &outcomes[at]
		switch {
		case record.IsSet(at):
		case o.StartedAt == 0 && about == nil:
			if notStarted++; notStarted == 1 {
				first = o.Index
			}
			last = o.Index
		default:
			log(invocation.info.of(invocation, o.Index), at, o, 0)
		}
	}
	if notStarted > 0 {
		w.logNotStarted(invocation, first, last, notStarted)
	}
	return outcomes
}

// outcome handles one item, or returns the outcome of an earlier delivery. It counts
// the calls of the handler.
func (w *worker[Item, Result]) outcome(ctx context.Context, b *batch.Batch[Item], at int, began time.Time, calls *int) protocol.Outcome {
	item, misfit := &b.Items[at], b.Misfits[at]
	if w.guard == nil || misfit != nil {
		o, _ := w.try(ctx, item, misfit, began, calls)
		return o
	}
	o := w.guard.outcome(ctx, &w.settings, item.Item, func() (protocol.Outcome, bool) { return w.try(ctx, item, nil, w.now(), calls) })
	o.Index = item.Index
	return o
}

// setTimes writes down which item an outcome is of, when it started and how long it
// took.
func (s *settings) setTimes(o *protocol.Outcome, index int, began time.Time) {
	o.Index, o.StartedAt, o.Ms = index, began.UnixMilli(), s.now().Sub(began).Milliseconds()
}

// try handles one item, and again if its error is retryable and time is left. It
// reports whether the outcome is final: no other delivery may do the work again.
func (w *worker[Item, Result]) try(ctx context.Context, item *protocol.Indexed[Item], misfit error, began time.Time, calls *int) (o protocol.Outcome, final bool) {
	defer func() { w.setTimes(&o, item.Index, began) }()
	if misfit != nil {
		return protocol.Outcome{Status: protocol.Failed, Error: ErrorInvalidInput, Cause: misfit.Error()}, false
	}
	for try := 1; ; try++ {
		*calls = try
		output, err := w.call(ctx, item.Item)
		if err == nil {
			return protocol.Outcome{Status: protocol.Succeeded, Output: output}, true
		}
		why := describe(err)
		if !why.retryable || try >= w.tries || !contain.Sleep(ctx, contain.Backoff(ctx, try, "item", strconv.Itoa(item.Index))) {
			return protocol.Outcome{Status: protocol.Failed, Error: why.name, Cause: why.message, Retryable: why.retryable}, why.final
		}
	}
}

// call calls the handler. A result that can't be JSON is a final error, because
// the work is done.
func (w *worker[Item, Result]) call(ctx context.Context, item Item) (output []byte, err error) {
	done := false
	defer func() {
		if p := recover(); p != nil {
			err = contain.Panicked(ctx, w.log(), p)
		}
		if done {
			err = Final(err)
		}
	}()
	result, err := w.handle(ctx, item)
	if err != nil {
		return nil, err
	}
	done = true
	return json.Marshal(result)
}
