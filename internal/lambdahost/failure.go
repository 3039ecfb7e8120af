package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// unhandled is the only value of X-Amz-Function-Error that current runtimes cause.
const unhandled = "Unhandled"

// outcome is the result of an invocation.
type outcome struct {
	payload       []byte
	functionError string // "" or unhandled
	logLines      string // the lines about the failure that Lambda adds to the log
	timedOut      bool
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
		f.message = "Runtime exited with error: " + exit.Error() // "exit status 1", "signal: killed"
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

// initTimeoutFailure returns the failure of a process that does not initialize in
// time. It is a timeout, as in Lambda, where a second initialization then runs into
// the function's timeout.
func initTimeoutFailure(timeout time.Duration) failure {
	f := timeoutFailure(timeout)
	f.message += " (initialization: the function started, but did not ask for an invocation)"
	return f
}

func responseTooLarge() failure {
	return failure{
		errorType: "Function.ResponseSizeTooLarge",
		message:   fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponseBytes),
		anonymous: true,
	}
}
