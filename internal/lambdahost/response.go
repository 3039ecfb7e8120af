package lambdahost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Response is the answer to an invocation.
type Response struct {
	// Payload is the function's response or, with a FunctionError, a JSON object
	// with errorType and errorMessage. The host does not check that it is JSON:
	// Lambda documents no such check for a synchronous invocation, and its Runtime
	// Interface Emulator makes none for an OS-only runtime.
	Payload []byte
	// FunctionError is "" or "Unhandled".
	FunctionError string
	// RequestID is the ID that the function sees.
	RequestID string
	// Duration is the time from the delivery of the event to the response.
	Duration time.Duration
	// InitDuration is the time from the start of the process to its first request
	// for an invocation. It is 0 if the process was already running.
	InitDuration time.Duration
	// Billed is the sum of Duration and InitDuration, rounded up to a millisecond.
	Billed time.Duration
	// ColdStart is true if a process was started for this invocation.
	ColdStart bool

	logTail []byte // the last 4 KB of the log, if the request asked for it
}

// logTail returns the log of an invocation as Lambda does: START, the function's
// lines, END and REPORT (developer guide, "Viewing logs for Lambda functions").
func (inv *invocation) logTail(p *process, out outcome, r *Response) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "START RequestId: %s Version: %s\n", r.RequestID, latestVersion)
	if p != nil {
		text.Write(p.log.Recorded())
	}
	text.WriteString(out.logLines)
	fmt.Fprintf(&text, "END RequestId: %s\n", r.RequestID)
	fmt.Fprintf(&text, "REPORT RequestId: %s\tDuration: %s ms\tBilled Duration: %d ms\tMemory Size: %d MB",
		r.RequestID, milliseconds(r.Duration), r.Billed.Milliseconds(), inv.fn.MemoryMB)
	if p != nil {
		if used := p.maxMemoryUsed(); used > 0 {
			fmt.Fprintf(&text, "\tMax Memory Used: %d MB", used)
		}
	}
	if r.ColdStart {
		fmt.Fprintf(&text, "\tInit Duration: %s ms", milliseconds(r.InitDuration))
	}
	if p != nil && p.outOfMemory.Load() && out.functionError != "" {
		text.WriteString("\tStatus: error\tError Type: " + outOfMemory)
	}
	text.WriteByte('\n')
	return text.Bytes()[max(0, text.Len()-logTailBytes):]
}

// reportInit writes to the function's log that an initialization has failed, as
// Lambda does (developer guide, "Understanding the Lambda execution environment
// lifecycle"). The phase is init, or invoke for the second try.
func (h *Host) reportInit(inv *invocation, out *outcome, phase string) {
	status := "timeout"
	if !out.timedOut {
		var failure struct{ ErrorType string }
		_ = json.Unmarshal(out.payload, &failure) // a runtime may report anything
		status = "error\tError Type: " + failure.ErrorType
	}
	line := fmt.Sprintf("INIT_REPORT Init Duration: %s ms\tPhase: %s\tStatus: %s\n", milliseconds(inv.initTime), phase, status)
	_, _ = h.logs.writer(inv.fn.Name).Write([]byte(line))
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds()*1000, 'f', 2, 64)
}

func roundUp(d, unit time.Duration) time.Duration {
	return (d + unit - 1).Truncate(unit)
}
