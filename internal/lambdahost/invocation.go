package lambdahost

import (
	"encoding/json"
	"fmt"
	"time"
)

// request is a request for an invocation.
type request struct {
	function      string // name or ARN
	qualifier     string // from the query string, or ""
	id            string // "" means a new one
	traceID       string // "" means a new one
	clientContext string // JSON, or ""
	payload       []byte
	limit         int // the largest size of the payload in bytes
	wantLogTail   bool
	control       Control
}

func (r *request) checkPayload() error {
	if len(r.payload) > r.limit {
		message := fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", r.limit)
		if r.limit == maxEventBytes {
			message = fmt.Sprintf("%d byte payload is too large for the Event invocation type (limit %d bytes)", len(r.payload), r.limit)
		}
		return &Error{Code: codeRequestTooLarge, Message: message}
	}
	if len(r.payload) == 0 || json.Valid(r.payload) {
		return nil
	}
	var ignored json.RawMessage
	err := json.Unmarshal(r.payload, &ignored)
	return &Error{Code: codeInvalidContent, Message: fmt.Sprintf("Could not parse request body into json: %v", err)}
}

// invocation is an accepted request.
type invocation struct {
	fn        *function
	request   request
	arn       string
	done      chan outcome // gets the outcome exactly once; buffered, so that sending never blocks
	startedAt time.Time    // when a process got it
	deadline  time.Time
	initTime  time.Duration
	cold      bool
	spent     time.Duration // how much of the timeout the initialization has used
}

// timeLeft returns how long the function may work on the invocation.
func (inv *invocation) timeLeft() time.Duration { return inv.fn.Timeout - inv.spent }
