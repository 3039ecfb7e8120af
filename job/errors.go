package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

// Names of errors that the kit itself raises.
const (
	ErrorInvalidInput   = "MapJob.InvalidInput"     // a payload that is not of the batch protocol, or an item that does not fit the handler's type
	ErrorPanic          = "MapJob.Panic"            // the handler panicked
	ErrorExited         = "MapJob.HandlerExited"    // the handler ended its goroutine and returned nothing
	ErrorDeadline       = "MapJob.DeadlineExceeded" // the invocation ended before the item did
	ErrorInvalidResult  = "MapJob.InvalidResult"    // a worker's answer that is not of the batch protocol
	ErrorResultTooLarge = "MapJob.ResultTooLarge"   // a result that fits into no answer, where there is no place in S3 for it
	ErrorAborted        = "MapJob.Aborted"          // the child execution with the item was ended before it said why
	ErrorNotStarted     = "MapJob.NotStarted"       // the Map ended before the item's turn came
	ErrorInProgress     = "MapJob.InProgress"       // another delivery is at work on the item, and this one's time is up
)

// Error is an error with a name of the handler's own, by which it is counted
// in the report. Make one with [Fail].
type Error struct {
	Name    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// Fail is an error that fails one item by a name, such as "InvalidOrder". The
// name is what the report counts by, "Error" where it is empty; the message is
// the cause it shows.
func Fail(name, format string, args ...any) error {
	return &Error{Name: cmp.Or(name, anyError), Message: fmt.Sprintf(format, args...)}
}

// Retryable marks an error that may be gone at the next try: the item is tried
// again while the invocation has time, three times in all unless [Tries] says
// otherwise. Throttling by AWS and deadlines are
// taken as retryable without it.
func Retryable(err error) error {
	if err == nil {
		return nil
	}
	return &retryable{err}
}

type retryable struct{ error }

func (r *retryable) Unwrap() error { return r.error }

// throttles are the error codes with which AWS services ask for patience.
var throttles = map[string]bool{
	"ThrottlingException": true, "Throttling": true, "ThrottledException": true, "RequestThrottled": true,
	"RequestThrottledException": true, "TooManyRequestsException": true, "RequestLimitExceeded": true,
	"ProvisionedThroughputExceededException": true, "TransactionInProgressException": true,
	"BandwidthLimitExceeded": true, "SlowDown": true, "PriorRequestNotComplete": true, "EC2ThrottledException": true,
	"LimitExceededException": true,
}

func isRetryable(err error) bool {
	var marked *retryable
	var coded interface{ ErrorCode() string } // smithy.APIError, without the dependency
	return errors.As(err, &marked) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &coded) && throttles[coded.ErrorCode()]
}

// NameOf is the name by which the report counts an error: the one given with
// [Fail], the code of an AWS service, or the Go type. An error whose own
// methods panic has the name [ErrorPanic].
func NameOf(err error) string {
	if err == nil {
		return anyError
	}
	return tell(err).name
}

// anyError is the name of an error that says no more.
const anyError = "Error"

// told is what an error says of itself.
type told struct {
	name      string
	message   string
	retryable bool
}

// tell asks an error. Its methods are the handler's code as much as the handler
// is, and where they panic, as those of a nil pointer do, that is what failed.
func tell(err error) (t told) {
	defer func() {
		if p := recover(); p != nil {
			t = told{name: ErrorPanic, message: fmt.Sprintf(
				"got an error of the type %T that panics when it is read (%v), expected one that can be (a nil pointer is an error too: return nil itself)", err, p)}
		}
	}()
	var out messages.InvokeResponse_Error // has a name already, and an Error of its own that nobody wants to read
	if errors.As(err, &out) {
		return told{name: out.Type, message: out.Message}
	}
	return told{nameOf(err), err.Error(), isRetryable(err)}
}

// nameOf is the name by which an error is counted: its own, or that of the
// first type in its chain that says more than how it was put together.
func nameOf(err error) string {
	var named *Error
	if errors.As(err, &named) {
		return cmp.Or(named.Name, anyError)
	}
	var coded interface{ ErrorCode() string }
	if errors.As(err, &coded) && coded.ErrorCode() != "" {
		return coded.ErrorCode()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrorDeadline
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		t := reflect.TypeOf(e)
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.PkgPath() {
		case "errors", "fmt", reflect.TypeOf(retryable{}).PkgPath():
			continue
		}
		if t.Name() != "" {
			return t.Name()
		}
	}
	return anyError
}

// invalidInput fails the whole invocation, by name.
func invalidInput(format string, args ...any) error {
	return invocationError(ErrorInvalidInput, fmt.Sprintf(format, args...))
}

// invocationError is an error out of the Lambda under a name that ErrorEquals
// can match. Lambda takes the Go type's name of any other error.
func invocationError(name, message string) error {
	return messages.InvokeResponse_Error{Type: name, Message: message}
}

// asInvocationError keeps the name of a handler's error on the way out.
func asInvocationError(err error) error {
	if out, ok := err.(messages.InvokeResponse_Error); ok {
		return out
	}
	t := tell(err)
	return invocationError(t.name, t.message)
}
