package sqs

import (
	"context"
	"time"
)

// timeline is the time of a service: the system's time plus all jumps. The
// service's mutex guards it.
type timeline struct {
	ahead     time.Duration // the sum of all jumps
	woken     chan struct{} // closed and replaced after every change
	waits     map[*wait]struct{}
	holds     int
	consumers int
	drains    int // calls of Drain under way, during which time may jump
}

// wait is a goroutine that does nothing until a time, or until something changes.
type wait struct {
	until    time.Time // zero means no limit
	consumer bool
}

func (s *Service) now() time.Time { return time.Now().Add(s.time.ahead) }

// Now returns the time of the service.
func (s *Service) Now() time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.now()
}

// changed wakes the goroutines that wait for a change. Callers hold the mutex.
func (s *Service) changed() {
	s.wake()
	s.jump()
}

func (s *Service) wake() {
	close(s.time.woken)
	s.time.woken = make(chan struct{})
}

// pause waits until something changes, or until the alarm, which is not later than
// w.until. A zero alarm never goes off. Callers hold the mutex; pause releases it
// while it waits. Jumps ignore a wait that is nil.
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

// jump moves time to the next event if nothing happens before: there is no Hold,
// and all consumers wait for messages. Callers hold the mutex.
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
	s.wake() // even without a next event: Drain has to see that there is none
	return !next.IsZero()
}

// next returns the time of the next event, or zero if there is none. idle is true
// if nothing happens before. Callers hold the mutex.
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
		if !w.until.After(now) { // the wait is over, but its goroutine has not woken up yet
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
		if next, ok := q.later.Next(); ok {
			earliest(next)
		}
	}
	return next, true
}

// Drain waits until all work is done: no message is in flight or delayed, no queue
// with a consumer has messages, and there is no Hold. While nothing is under way,
// time jumps to the next event. The error is the cause of ctx's end.
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
