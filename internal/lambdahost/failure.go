package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Failures that the function could not report itself have Lambda's names and
// messages. The sources are AWS's pages "Understanding the Lambda execution
// environment lifecycle" (Lambda developer guide), "Handling errors in Step
// Functions workflows" and "Handle Lambda service exceptions" (Step Functions
// developer guide), and public captures of payloads and execution histories:
//
//   - A timeout is Sandbox.Timedout. Captures up to March 2025 show a payload without
//     an errorType, of which Step Functions made Lambda.Unknown.
//   - A process that exits or is killed is Runtime.ExitError. If it was killed for its
//     memory, captures since September 2024 show Runtime.OutOfMemory with the same
//     message, "signal: killed", and earlier ones Runtime.ExitError.
//   - A response that is too large is Function.ResponseSizeTooLarge.

// outOfMemory is the type of the failure of a process that was killed for its memory.
const outOfMemory = "Runtime.OutOfMemory"

// unhandled is the only value of X-Amz-Function-Error that current runtimes cause.
const unhandled = "Unhandled"

// outcome is the result of an invocation.
type outcome struct {
	payload       []byte
	functionError string // "" or unhandled
	logLines      string // the lines about the failure that Lambda adds to the log
	timedOut      bool
	notStarted    bool // there is no executable that could be started
	at            time.Time
}

func succeeded(payload []byte) outcome {
	return outcome{payload: payload, at: time.Now()}
}

// failed returns the outcome of a failure that the function reported itself.
func failed(payload []byte) outcome {
	return outcome{payload: payload, functionError: unhandled, at: time.Now()}
}

// failure is a failure that the function could not report itself, so Lambda does.
type failure struct {
	errorType string
	message   string
	anonymous bool // without the prefix "RequestId: … Error: "
}

func (f failure) outcome(requestID string) outcome {
	message := f.message
	if !f.anonymous {
		message = "RequestId: " + requestID + " Error: " + f.message
	}
	payload, err := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{f.errorType, message})
	if err != nil { // two strings can always be marshaled
		panic(err)
	}
	out := failed(payload)
	out.logLines = message + "\n" + f.errorType + "\n"
	return out
}

// exitFailure returns the failure of a process that ended before it answered. err
// is the result of [exec.Cmd.Wait].
func exitFailure(err error) failure {
	f := failure{errorType: "Runtime.ExitError", message: "Runtime exited without providing a reason"}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		// "exit status 1", "signal: killed"; whether there is a core dump depends on
		// the machine.
		f.message = "Runtime exited with error: " + strings.TrimSuffix(exit.Error(), " (core dumped)")
	case err != nil:
		f.message = "Runtime exited with error: " + err.Error()
	}
	return f
}

func timeoutFailure(timeout time.Duration) failure {
	return failure{
		errorType: "Sandbox.Timedout",
		message:   fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds()),
	}
}

func responseTooLarge() failure {
	return failure{
		errorType: "Function.ResponseSizeTooLarge",
		message:   fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponseBytes),
		anonymous: true,
	}
}
