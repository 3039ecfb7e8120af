package sqs

import (
	"context"
	"time"
)

// timeline is the time of a service: the system's, and ahead of it by what has
// been jumped over. The service's mutex guards it.
type timeline struct {
	ahead     time.Duration
	woken     chan struct{} // closed, and replaced, whenever something has changed
	waits     map[*wait]struct{}
	holds     int // of what is under way
	consumers int
	drains    int // calls of Drain, during which time may jump
}

// wait is somebody who does nothing until a moment, or until something changes.
type wait struct {
	until    time.Time // zero: for ever
	consumer bool
}

func (s *Service) now() time.Time { return time.Now().Add(s.time.ahead) }

// Now is the time of the service.
func (s *Service) Now() time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.now()
}

// changed wakes those who wait for something to change. Callers hold the mutex.
func (s *Service) changed() {
	s.wake()
	s.jump()
}

func (s *Service) wake() {
	close(s.time.woken)
	s.time.woken = make(chan struct{})
}

// pause waits until something changes, until w's moment, or until an alarm that
// goes off before. Either is never if it is zero. Callers hold the mutex, which
// is not held in between. A wait that is nil is nobody's business: time jumps
// neither for it nor with a view to it.
func (s *Service) pause(ctx context.Context, w *wait, alarm time.Time) error {
	if w != nil {
		s.time.waits[w] = struct{}{}
		defer delete(s.time.waits, w)
		if s.jump() {
			return nil
		}
	}
	woken := s.time.woken
	var over <-chan time.Time
	if !alarm.IsZero() {
		timer := time.NewTimer(alarm.Sub(s.now()))
		defer timer.Stop()
		over = timer.C
	}
	s.mutex.Unlock()
	defer s.mutex.Lock()
	select {
	case <-woken:
		return nil
	case <-over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// jump lets time pass where it would pass without anything happening: nothing
// is held, every consumer waits for messages, and there are none. It passes to
// the next moment at which something happens. Callers hold the mutex.
func (s *Service) jump() (jumped bool) {
	if s.time.drains == 0 {
		return false
	}
	next, idle := s.next()
	if !idle {
		return false
	}
	if !next.IsZero() {
		s.time.ahead += next.Sub(s.now())
	}
	s.wake() // also where there is nothing to come: Drain has to see that
	return !next.IsZero()
}

// next is the next moment at which something happens by itself, zero if there
// is none, and whether nothing happens before. Callers hold the mutex.
func (s *Service) next() (next time.Time, idle bool) {
	if s.time.holds > 0 {
		return next, false
	}
	now, waiting := s.now(), 0
	earliest := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for w := range s.time.waits {
		if w.consumer {
			waiting++
		}
		if w.until.IsZero() {
			continue
		}
		if !w.until.After(now) { // it is over, and about to go on
			return next, false
		}
		earliest(w.until)
	}
	if waiting < s.time.consumers {
		return next, false
	}
	for _, q := range s.queues {
		q.settle(now)
		if q.consumers > 0 && q.visible.Len() > 0 {
			return next, false
		}
		if len(q.later) > 0 {
			earliest(q.later[0].at)
		}
	}
	return next, true
}

// Drain waits until everything is done: no message is in flight or delayed, no
// queue that has a consumer has messages, nothing is held and nobody sleeps.
// Meanwhile time jumps where nothing is under way. The error is the cause of
// ctx's end.
func (s *Service) Drain(ctx context.Context) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.time.drains++
	defer func() { s.time.drains-- }()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		next, idle := s.next()
		if idle && next.IsZero() {
			return nil
		}
		if idle {
			s.jump()
			continue
		}
		if err := s.pause(ctx, nil, time.Time{}); err != nil {
			return err
		}
	}
}

// Hold says that something is under way, such as an invocation of a function
// that may send messages: time does not jump, and queues are not drained. End
// it.
type Hold struct{ service *Service }

// Hold begins a Hold.
func (s *Service) Hold() *Hold {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.time.holds++
	return &Hold{s}
}

// End ends the Hold.
func (h *Hold) End() {
	h.service.mutex.Lock()
	defer h.service.mutex.Unlock()
	h.service.time.holds--
	h.service.changed()
}

// Sleep lets time pass, by itself or in a jump. Nothing is under way meanwhile.
func (h *Hold) Sleep(ctx context.Context, d time.Duration) error {
	s := h.service
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.time.holds--
	defer func() { s.time.holds++ }()
	until := s.now().Add(d)
	for s.now().Before(until) {
		if err := s.pause(ctx, &wait{until: until}, until); err != nil {
			return err
		}
	}
	return nil
}
