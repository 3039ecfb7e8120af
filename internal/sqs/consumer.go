package sqs

import (
	"context"
)

// Consumer receives from a queue until it is closed. It counts as busy unless it
// waits in Wait or Receive, and time does not jump while a consumer is busy. Work
// that it passes on to other goroutines needs a [Hold].
type Consumer struct {
	service *Service
	queue   *queue
}

// Consumer adds a consumer to a queue. From then on Drain waits until the queue is
// empty.
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

// Receive waits for messages and receives them. The error is the cause of ctx's
// end.
func (c *Consumer) Receive(ctx context.Context, r Receive) ([]Message, error) {
	c.service.mutex.Lock()
	defer c.service.mutex.Unlock()
	return c.service.receive(ctx, c.queue, r, &wait{consumer: true})
}

// Wait waits until the queue has a visible message, but does not receive it. Call
// it before Receive if there is something to prepare before messages become
// invisible. The error is the cause of ctx's end.
func (c *Consumer) Wait(ctx context.Context) error {
	s, q := c.service, c.queue
	s.mutex.Lock()
	defer s.mutex.Unlock()
	w := &wait{consumer: true}
	for q.settle(s.now()); q.visible.Len() == 0; q.settle(s.now()) {
		alarm, _ := q.later.Next()
		if err := s.pause(ctx, w, alarm); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the consumer from the queue.
func (c *Consumer) Close() {
	c.service.mutex.Lock()
	defer c.service.mutex.Unlock()
	c.queue.consumers--
	c.service.time.consumers--
	c.service.changed()
}
