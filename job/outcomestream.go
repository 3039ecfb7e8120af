package job

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/failures"
)

// outcomeStream reads the outcomes of a job and accounts for them. A goroutine of
// its own reads them, so that a loop over outcomes can end in any way, such as by
// a panic, and the next one continues. Each outcome goes to one loop, even if
// several run at the same time.
type outcomeStream struct {
	full  chan []protocol.Outcome // batches that are read; closed after the last
	free  chan []protocol.Outcome // batches to fill
	stop  chan struct{}           // closed if nothing reads from full any more
	ended <-chan error

	mutex sync.Mutex
	batch []protocol.Outcome // the rest of one
	end   []protocol.Outcome // the whole of it
	err   error

	// The goroutine that reads accounts for the outcomes.
	unwanted atomic.Bool   // no loop takes outcomes any more
	stopped  atomic.Bool   // nor are they accounted for
	seen     *atomic.Int64 // outcomes so far
	tally    tally.Tally
	errors   *tally.ItemErrors // nil if they are not needed
	kept     *failures.Kept    // nil if no items are kept
}

// A batch of outcomes has up to batchLength of them, and is passed on before if
// their outputs and items take more than batchBytes. At first it has room for
// firstLength, because most jobs are small.
const (
	firstLength = 8
	batchLength = 128
	batchBytes  = 256 << 10
)

func newOutcomeStream(ctx context.Context, log *slog.Logger, source iter.Seq2[protocol.Outcome, error], started time.Time,
	errors *tally.ItemErrors, kept *failures.Kept, seen *atomic.Int64) *outcomeStream {
	s := &outcomeStream{full: make(chan []protocol.Outcome), free: make(chan []protocol.Outcome, 2), stop: make(chan struct{}),
		seen: seen, tally: tally.Tally{Start: started}, errors: errors, kept: kept}
	for range cap(s.free) {
		s.free <- make([]protocol.Outcome, 0, firstLength)
	}
	s.ended = contain.InGoroutine(ctx, log, func() error { return s.read(source) }, func(error) { close(s.full) })
	return s
}

// read accounts for the outcomes of the source, and passes on those that are the
// first of their item in batches.
func (s *outcomeStream) read(source iter.Seq2[protocol.Outcome, error]) error {
	batch, bytes := <-s.free, 0
	for o, err := range source {
		if err != nil {
			s.pass(batch)
			return err
		}
		if s.stopped.Load() {
			return nil
		}
		s.seen.Add(1)
		if !s.add(&o) || s.unwanted.Load() {
			continue
		}
		batch = append(batch, o)
		if bytes += len(o.Output) + len(o.Item); len(batch) < batchLength && bytes < batchBytes {
			continue
		}
		if batch, bytes = s.pass(batch), 0; batch == nil {
			return nil
		}
	}
	s.pass(batch)
	return nil
}

// pass passes on a batch and returns an empty one; nil after close.
func (s *outcomeStream) pass(batch []protocol.Outcome) []protocol.Outcome {
	select {
	case s.full <- batch:
	case <-s.stop:
		return nil
	}
	select {
	case batch = <-s.free:
		return batch
	case <-s.stop:
		return nil
	}
}

// next returns the next outcome that is the first one of its item. It returns
// false after the last, or if the outcomes can't be read.
func (s *outcomeStream) next() (protocol.Outcome, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.batch) == 0 && !s.nextBatch() {
		return protocol.Outcome{}, false
	}
	o := s.batch[0]
	s.batch = s.batch[1:]
	return o, true
}

func (s *outcomeStream) nextBatch() bool {
	for len(s.batch) == 0 {
		if s.end != nil {
			clear(s.end) // their outputs are not needed any more
			s.free <- s.end[:0]
			s.end = nil
		}
		batch, ok := <-s.full
		if !ok {
			if s.ended != nil {
				s.err, s.ended = <-s.ended, nil
			}
			return false
		}
		s.batch, s.end = batch, batch
	}
	return true
}

// add accounts for an outcome and reports whether it is the first of its item.
func (s *outcomeStream) add(o *protocol.Outcome) bool {
	if results.IsLost(o) {
		if s.tally.Lose(o.Index) && s.kept != nil {
			s.kept.Add(o.Index, o.Item, protocol.ErrorOutcomeUnknown)
		}
		return false
	}
	known := s.tally.IsLost(o.Index) // and kept
	succeeded := o.Status == protocol.Succeeded
	if succeeded && !s.tally.Succeed(o.Index) || !succeeded && !s.tally.Fail(o.Index, o.Error, o.Cause) {
		return false
	}
	if !succeeded && s.errors != nil {
		s.errors.Add(o.Index, o.Error)
	}
	if !succeeded && s.kept != nil && !known {
		s.kept.Add(o.Index, o.Item, tally.Name(o.Error))
	}
	s.tally.Took(o.Index, o.StartedAt, o.Ms, succeeded)
	if !succeeded {
		s.tally.FailedAt(o.Error, o.EndedAt())
	}
	return true
}

// drain waits until all outcomes are accounted for.
func (s *outcomeStream) drain() error {
	s.unwanted.Store(true)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for s.batch = nil; s.nextBatch(); s.batch = nil {
	}
	return s.err
}

// close ends the reading, and the upload of kept items that are not stored.
func (s *outcomeStream) close() {
	s.stopped.Store(true)
	close(s.stop)
	for range s.full { // until the goroutine ends
	}
	if s.kept != nil {
		s.kept.Close()
	}
}

// errorOf returns a function that returns the error of an item that did not succeed,
// or "" if the item is missing. rest describes the items without an outcome.
func (s *outcomeStream) errorOf(rest results.Rest) func(index int) string {
	return func(index int) string {
		switch {
		case s.tally.HasFailed(index):
			return s.errors.Of(index)
		case rest.Error != "" && !s.tally.IsLost(index):
			return tally.Name(rest.Error)
		}
		return ""
	}
}
