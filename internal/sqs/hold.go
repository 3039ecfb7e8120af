package sqs

import (
	"context"
	"time"
)

// Hold marks work that is under way, such as the invocation of a function that may
// send messages. Until End, time does not jump and Drain does not return.
type Hold struct{ service *Service }

// Hold starts a Hold.
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

// Sleep waits until d has passed on the service's clock, which may jump. The Hold
// does not count meanwhile. The error is the cause of ctx's end.
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
