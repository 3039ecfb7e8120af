package sqs

import (
	"context"
	"time"
)

// Forever waits for messages as long as it takes.
const Forever time.Duration = -1

// Receive is how messages are received.
type Receive struct {
	Max int // messages at most. Required.
	// Wait is how long to wait for the first one, or Forever.
	Wait time.Duration
	// Window is how long to gather more than there are, once there is one.
	Window time.Duration
	// Bytes ends the gathering before the messages have more than so many, as
	// Size counts them. 0 is no limit.
	Bytes int
	Size  func(*Message) int
	// Visibility is how long the messages are invisible. nil: as the queue says.
	Visibility *time.Duration
}

// receive receives messages. Callers hold the mutex, which is not held while it
// waits.
func (s *Service) receive(ctx context.Context, q *queue, r Receive, w *wait) (_ []Message, err error) {
	var got []Message
	var missed []*stored // copies of which the receive is missed
	bytes := 0
	until := time.Time{}
	if r.Wait != Forever {
		until = s.now().Add(r.Wait)
	}
	gathers := false
	for {
		now := s.now()
		full := s.take(q, r, now, &got, &missed, &bytes)
		if len(got) > 0 && !gathers { // the window begins with the first message
			gathers, until = true, now.Add(r.Window)
		}
		if full || !until.IsZero() && !now.Before(until) {
			break
		}
		alarm := until
		if len(q.later) > 0 && (alarm.IsZero() || q.later[0].at.Before(alarm)) {
			alarm = q.later[0].at
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

// take receives what is visible, and reports whether that is all that was asked
// for.
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
		q.hide(m, now.Add(max(visibility, time.Nanosecond))) // not twice in one call
		out := m.Message
		out.Handle = m.handle()
		*got = append(*got, out)
	}
	return len(*got) >= r.Max
}

// deadLetter moves a message that was received as often as it may to the
// dead-letter queue (developer guide, "Using dead-letter queues in Amazon SQS"):
// it keeps its ID and the time at which it was sent, by which it expires there.
// While there is no such queue, the message stays.
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

// remove deletes the message of a receipt handle. One that is no longer valid,
// because the message was received again, deletes nothing (API reference,
// "DeleteMessage"). Callers hold the mutex.
func (s *Service) remove(q *queue, handle string) *Error {
	m, refused := q.held(handle)
	if m == nil || refused != nil {
		return refused
	}
	if m.fate == undeleted {
		m.fate = delivered
		m.duplicate = true
		s.faults.duplicated = append(s.faults.duplicated, Duplicate{Message: m.Message, Deleted: true})
		return nil
	}
	q.remove(m)
	return nil
}

// Delete deletes messages that were received.
func (s *Service) Delete(messages ...Message) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	defer s.changed()
	for _, m := range messages {
		q, refused := s.find(m.Queue)
		if refused == nil {
			refused = s.remove(q, m.Handle)
		}
		if refused != nil {
			return refused
		}
	}
	return nil
}

// changeVisibility sets how long, from now on, a message stays invisible.
// Callers hold the mutex.
func (s *Service) changeVisibility(q *queue, handle string, timeout time.Duration) *Error {
	m, refused := q.held(handle)
	if refused != nil {
		return refused
	}
	now := s.now()
	switch {
	case timeout < 0 || timeout > maxVisibility:
		return refuse("InvalidParameterValue", "Value %s for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and %s.", seconds(timeout), seconds(maxVisibility))
	case m == nil:
		return refuse("InvalidParameterValue", "Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", handle)
	case !m.inFlight:
		return refuse("MessageNotInflight", "The specified message isn't in flight.")
	case now.Add(timeout).After(m.received.Add(maxVisibility)):
		return refuse("InvalidParameterValue", "Value %s for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%s seconds].", seconds(timeout), seconds(maxVisibility))
	case timeout == 0:
		q.show(m)
	default:
		q.hide(m, now.Add(timeout))
	}
	return nil
}

// Consumer receives from a queue until it is closed. While it neither waits in
// Wait or Receive nor is closed, it counts as being at work; what it does meanwhile
// beside it, it has to hold time with.
type Consumer struct {
	service *Service
	queue   *queue
}

// Consumer is a new consumer of a queue. From now on the queue is drained only
// when it is empty.
func (s *Service) Consumer(queue string) (*Consumer, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(queue)
	if refused != nil {
		return nil, refused
	}
	q.consumers++
	s.time.consumers++
	return &Consumer{s, q}, nil
}

// Receive waits for messages. The error is the cause of ctx's end.
func (c *Consumer) Receive(ctx context.Context, r Receive) ([]Message, error) {
	c.service.mutex.Lock()
	defer c.service.mutex.Unlock()
	return c.service.receive(ctx, c.queue, r, &wait{consumer: true})
}

// Wait waits until there is a message to receive, and receives none: whoever
// has something to make ready before messages become invisible does it after
// Wait, and before Receive. The error is the cause of ctx's end.
func (c *Consumer) Wait(ctx context.Context) error {
	s, q := c.service, c.queue
	s.mutex.Lock()
	defer s.mutex.Unlock()
	w := &wait{consumer: true}
	for q.settle(s.now()); q.visible.Len() == 0; q.settle(s.now()) {
		var alarm time.Time
		if len(q.later) > 0 {
			alarm = q.later[0].at
		}
		if err := s.pause(ctx, w, alarm); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the consumer.
func (c *Consumer) Close() {
	c.service.mutex.Lock()
	defer c.service.mutex.Unlock()
	c.queue.consumers--
	c.service.time.consumers--
	c.service.changed()
}
