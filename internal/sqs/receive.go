package sqs

import (
	"context"
	"time"
)

// Receive says how to receive messages.
type Receive struct {
	// Max is the largest number of messages. Required.
	Max int
	// Wait is the longest time to wait for the first message. If it is negative,
	// there is no limit.
	Wait time.Duration
	// Window is the time to gather more messages after the first.
	Window time.Duration
	// Bytes is the largest size of all messages together, as Size counts them.
	// Default: no limit.
	Bytes int
	Size  func(*Message) int
	// Visibility is how long the messages are invisible. Default: the queue's
	// visibility timeout.
	Visibility *time.Duration
}

// receive receives messages. Callers hold the mutex; receive releases it while it
// waits.
func (s *Service) receive(ctx context.Context, q *queue, r Receive, w *wait) (_ []Message, err error) {
	var got []Message
	var missed []*stored // copies whose receive a fault misses
	bytes := 0
	until := time.Time{}
	if r.Wait >= 0 {
		until = s.now().Add(r.Wait)
	}
	gathers := false
	for {
		now := s.now()
		full := s.take(q, r, now, &got, &missed, &bytes)
		if len(got) > 0 && !gathers { // the window starts with the first message
			gathers, until = true, now.Add(r.Window)
		}
		if full || !until.IsZero() && !now.Before(until) {
			break
		}
		alarm := until
		if next, ok := q.later.Next(); ok && (alarm.IsZero() || next.Before(alarm)) {
			alarm = next
		}
		if w != nil {
			w.until = until
		}
		if err = s.pause(ctx, w, alarm); err != nil {
			break
		}
	}
	for _, m := range missed { // the next receiver gets them
		q.messages[m.serial] = m
		m.element = q.visible.PushFront(m)
	}
	if len(got) > 0 {
		s.changed()
		return got, nil
	}
	return nil, err
}

// take receives visible messages, and reports whether the limits of r are reached.
func (s *Service) take(q *queue, r Receive, now time.Time, got *[]Message, missed *[]*stored, bytes *int) (full bool) {
	q.settle(now)
	for len(*got) < r.Max && q.visible.Len() > 0 {
		m := q.visible.Front().Value.(*stored)
		if s.deadLetter(q, m, now) {
			continue
		}
		if r.Bytes > 0 {
			size := r.Size(&m.Message)
			if *bytes > 0 && *bytes+size > r.Bytes {
				return true
			}
			*bytes += size
		}
		if m.fate == unreceived {
			m.fate = delivered
			s.serial++
			other := &stored{Message: m.Message, serial: s.serial}
			other.duplicate = true
			*missed = append(*missed, other)
			s.faults.duplicated = append(s.faults.duplicated, Duplicate{Message: m.Message})
		}
		m.Receives++
		if m.FirstReceived.IsZero() {
			m.FirstReceived = now
		}
		visibility := q.visibility
		if r.Visibility != nil {
			visibility = *r.Visibility
		}
		m.received, m.inFlight = now, true
		q.hide(m, now.Add(max(visibility, time.Nanosecond))) // at least 1 ns: never twice in one call
		out := m.Message
		out.Handle = m.handle()
		*got = append(*got, out)
	}
	return len(*got) >= r.Max
}

// deadLetter moves a message that has reached the maximum number of receives to the
// dead-letter queue (developer guide, "Using dead-letter queues in Amazon SQS"). It
// keeps its ID and the time at which it was sent, from which its retention period
// counts. If the queue does not exist, the message stays.
func (s *Service) deadLetter(q *queue, m *stored, now time.Time) bool {
	if q.maxReceives == 0 || m.Receives < q.maxReceives {
		return false
	}
	dead := s.queues[q.deadLetter]
	if dead == nil {
		return false
	}
	q.remove(m)
	m.DeadLetterOf = q.arn
	m.fate = delivered
	dead.put(m, now, now)
	s.wake()
	return true
}
