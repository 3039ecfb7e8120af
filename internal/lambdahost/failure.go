package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// unhandled is the only value of X-Amz-Function-Error that today's runtimes lead to.
const unhandled = "Unhandled"

// outcome is how an invocation ended.
type outcome struct {
	payload       []byte
	functionError string // "" or unhandled
	logLines      string // what Lambda adds to the function's log about the failure
	timedOut      bool
	at            time.Time
}

func succeeded(payload []byte) outcome {
	return outcome{payload: payload, at: time.Now()}
}

// failed is a failure that the function reported itself, in its own words.
func failed(payload []byte) outcome {
	return outcome{payload: payload, functionError: unhandled, at: time.Now()}
}

// failure is a failure that Lambda reports in the function's place.
type failure struct {
	errorType string
	message   string
	anonymous bool // without "RequestId: … Error: " before the message
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
	if err != nil { // two strings always marshal
		panic(err)
	}
	out := failed(payload)
	out.logLines = message + "\n" + f.errorType + "\n"
	return out
}

// exitFailure tells how a process ended before it answered. err is the result of
// [exec.Cmd.Wait].
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

// initTimeoutFailure is worded as a timeout, which it becomes in Lambda when the
// second try at the initialization runs into the function's timeout as well.
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
