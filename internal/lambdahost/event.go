package lambdahost

import (
	"context"
	"errors"
	"time"
)

const (
	// throttledEventAge is how long Lambda keeps an event that is throttled, and
	// the delays are how it spaces its tries (developer guide, "How Lambda handles
	// errors and retries with asynchronous invocation").
	throttledEventAge      = 6 * time.Hour
	throttledEventDelay    = time.Second
	throttledEventMaxDelay = 5 * time.Minute
)

// startEvent takes an asynchronous invocation and lets it run in the background.
// The error is that of the front end, which checks the request before it queues it.
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

// runEvent invokes the function until it succeeds or the retries are used up. A
// retry has the request ID of the first try, as in Lambda.
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

// sleep waits, and reports false if the host closed before the time was over.
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
