package lambdahost

import (
	"context"
	"errors"
	"time"
)

const (
	// throttledEventAge is how long Lambda retries a throttled event. The delays
	// between its attempts grow from throttledEventDelay to throttledEventMaxDelay
	// (developer guide, "How Lambda handles errors and retries with asynchronous
	// invocation").
	throttledEventAge      = 6 * time.Hour
	throttledEventDelay    = time.Second
	throttledEventMaxDelay = 5 * time.Minute
)

// startEvent starts an asynchronous invocation in the background. Like Lambda, it
// checks the request before it accepts it.
func (h *Host) startEvent(r request) error {
	if _, _, err := h.find(r.function); err != nil {
		return err
	}
	if err := r.checkPayload(); err != nil {
		return err
	}
	if !h.background(func() { h.runEvent(r) }) {
		return ErrClosed
	}
	return nil
}

// runEvent invokes the function until it succeeds or no retry is left. As in
// Lambda, all attempts have the same request ID.
func (h *Host) runEvent(r request) {
	expires := time.Now().Add(throttledEventAge)
	throttleDelay := throttledEventDelay
	retries := h.settings.eventRetryDelays
	for {
		response, err := h.invoke(context.Background(), r)
		var refusal *Error
		switch {
		case err == nil && response.FunctionError == "":
			return
		case err == nil:
			if len(retries) == 0 || !h.sleep(retries[0]) {
				return
			}
			retries = retries[1:]
		case errors.As(err, &refusal) && refusal.Code == codeThrottled && time.Now().Before(expires):
			if !h.sleep(throttleDelay) {
				return
			}
			throttleDelay = min(2*throttleDelay, throttledEventMaxDelay)
		default:
			return
		}
	}
}

// sleep waits for d. It returns false if the host is closed before.
func (h *Host) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.closing:
		return false
	}
}
