package job

import (
	"context"
	"encoding/json"
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
	outcomes := w.outcomes(invocation, b, nil)
	if b.BatchInput.KeepItems {
		if err := batch.KeepItems(payload, outcomes); err != nil {
			return nil, err
		}
	}
	return answer.Of(invocation, w.store, b.BatchInput.Outcomes, outcomes)
}

// outcomes handles the items and returns in time, with one outcome for each. If
// store is not nil, it takes each outcome as it comes.
func (w *worker[Item, Result]) outcomes(invocation *infoContext, b *batch.Batch[Item], store func(protocol.Outcome)) []protocol.Outcome {
	ctx, grace, cancel := contain.Early(invocation)
	defer cancel()
	record := answer.NewRecord(len(b.Items), func(at int) int { return b.Items[at].Index }, store)
	var next atomic.Int64
	var running sync.WaitGroup
	var run func()
	run = func() {
		at, began, returned := 0, time.Time{}, true
		defer func() {
			if !returned { // the handler ended the goroutine: another one continues
				why := describe(contain.Exited())
				o := protocol.Outcome{Status: protocol.Failed, Error: why.name, Cause: why.message}
				w.setTimes(&o, b.Items[at].Index, began)
				record.Set(at, o)
				running.Go(run)
			}
		}()
		for ctx.Err() == nil {
			if at = int(next.Add(1)) - 1; at >= len(b.Items) {
				return
			}
			began = w.now()
			record.Start(at, began)
			returned = false
			o := w.outcome(invocation.info.of(ctx, b.Items[at].Index), b, at, began)
			returned = true
			record.Set(at, o)
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
	return record.Close(w.now())
}

// outcome handles one item, or returns the outcome of an earlier delivery.
func (w *worker[Item, Result]) outcome(ctx context.Context, b *batch.Batch[Item], at int, began time.Time) protocol.Outcome {
	item, misfit := &b.Items[at], b.Misfits[at]
	if w.guard == nil || misfit != nil {
		o, _ := w.try(ctx, item, misfit, began)
		return o
	}
	o := w.guard.outcome(ctx, &w.settings, item.Item, func() (protocol.Outcome, bool) { return w.try(ctx, item, nil, w.now()) })
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
func (w *worker[Item, Result]) try(ctx context.Context, item *protocol.Indexed[Item], misfit error, began time.Time) (o protocol.Outcome, final bool) {
	defer func() { w.setTimes(&o, item.Index, began) }()
	if misfit != nil {
		return protocol.Outcome{Status: protocol.Failed, Error: ErrorInvalidInput, Cause: misfit.Error()}, false
	}
	for try := 1; ; try++ {
		output, err := w.call(ctx, item.Item)
		if err == nil {
			return protocol.Outcome{Status: protocol.Succeeded, Output: output}, true
		}
		why := describe(err)
		if !why.retryable || try >= w.tries || !contain.Sleep(ctx, contain.Backoff(try)) {
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
