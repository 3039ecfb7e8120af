package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/internal/logline"
)

// Names of the errors that the kit itself raises. docs/errors.md says what each
// means and what to do.
const (
	ErrorInvalidInput   = protocol.ErrorInvalidInput   // MapJob.InvalidInput
	ErrorPanic          = protocol.ErrorPanic          // MapJob.Panic
	ErrorHandlerExited  = protocol.ErrorHandlerExited  // MapJob.HandlerExited
	ErrorDeadline       = protocol.ErrorDeadline       // MapJob.DeadlineExceeded
	ErrorInvalidResult  = protocol.ErrorInvalidResult  // MapJob.InvalidResult
	ErrorResultTooLarge = protocol.ErrorResultTooLarge // MapJob.ResultTooLarge
	ErrorTooManyItems   = protocol.ErrorTooManyItems   // MapJob.TooManyItems
	ErrorAborted        = protocol.ErrorAborted        // MapJob.Aborted
	ErrorNotStarted     = protocol.ErrorNotStarted     // MapJob.NotStarted
	ErrorOutcomeUnknown = protocol.ErrorOutcomeUnknown // MapJob.OutcomeUnknown
	ErrorInProgress     = protocol.ErrorInProgress     // MapJob.InProgress
)

// Error is an error with a name, by which the report counts it. [Errorf] makes
// one.
type Error struct {
	Name    string
	Message string

	wrapped error
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the error that [Errorf] wrapped with %w, or nil. If Errorf
// wrapped several, it returns an error that wraps them all.
func (e *Error) Unwrap() error { return e.wrapped }

// Errorf returns an error with a name, such as "InvalidOrder", and a message. The
// item that it fails is counted by the name, and the report shows the message as
// the cause. A name should be one of a few; put what differs from item to item
// into the message. An empty name stands for "Error". As with [fmt.Errorf], the
// format may wrap errors with %w. If the result is wrapped again, [NameOf] still
// returns this name.
func Errorf(name, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	wrapped := errors.Unwrap(err)
	if _, several := err.(interface{ Unwrap() []error }); several {
		wrapped = err
	}
	return &Error{Name: cmp.Or(name, unnamed), Message: err.Error(), wrapped: wrapped}
}

// unnamed is the name of an error that has none.
const unnamed = "Error"

// Retryable marks an error that another try may not have. The item is tried again
// after a pause, while the invocation has time, three times in all unless [Tries]
// says otherwise. If the last try fails too, the item fails, and its outcome says
// that it is retryable. Throttling by AWS and expired deadlines are retryable
// without it. Retryable returns nil for nil.
func Retryable(err error) error {
	if err == nil {
		return nil
	}
	return &retryable{err}
}

type retryable struct{ error }

func (r *retryable) Unwrap() error { return r.error }

// Final marks an error that no other try may change, such as a payment that the
// bank has declined. The item is not tried again, even if the error is retryable,
// and [Once] remembers the failure as it remembers a success: another delivery of
// the item fails the same way. Without [Once] it only prevents further tries.
// Final returns nil for nil.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return &final{err}
}

type final struct{ error }

func (f *final) Unwrap() error { return f.error }

// isThrottle reports whether an error code of an AWS service asks for fewer
// requests.
func isThrottle(code string) bool {
	switch code {
	case "ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
		"ProvisionedThroughputExceededException", "TransactionInProgressException",
		"BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException",
		"LimitExceededException":
		return true
	}
	return false
}

func isFinal(err error) bool {
	var marked *final
	return errors.As(err, &marked)
}

func isRetryable(err error) bool {
	var marked *retryable
	var coded interface{ ErrorCode() string } // smithy.APIError, without the dependency
	return !isFinal(err) && (errors.As(err, &marked) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &coded) && isThrottle(coded.ErrorCode()))
}

// NameOf returns the name by which the report counts an error: the one given
// with [Errorf]; the code of an AWS service; the name of the first type in the
// error's tree that is not of package errors or fmt; "Error" if there is none. A name
// of more than 200 characters is cut, and ends with an ellipsis.
// For an error whose methods panic it returns [ErrorPanic].
func NameOf(err error) string {
	if err == nil {
		return unnamed
	}
	return describe(err).name
}

// description has what an outcome needs of an error.
type description struct {
	name      string
	message   string
	retryable bool
	final     bool
}

// describe returns err's name, as it is counted, and its message. The name is cut:
// outcomes have to fit into an answer with it. The error's methods are the handler's
// code as much as the handler is, so a panic in them, as in those of a nil
// pointer, is a panic of the handler.
func describe(err error) (d description) {
	defer func() {
		if p := recover(); p != nil {
			d = description{name: ErrorPanic, message: fmt.Sprintf(
				"got an error of the type %T that panics when it is read (%v), expected one that can be read (a nil pointer is an error too: return nil itself)", err, p)}
		}
	}()
	var out messages.InvokeResponse_Error // has a name, and an Error method that returns JSON
	if errors.As(err, &out) {
		return description{name: tally.Name(out.Type), message: out.Message}
	}
	return description{tally.Name(nameOf(err)), err.Error(), isRetryable(err), isFinal(err)}
}

func nameOf(err error) string {
	var named *Error
	if errors.As(err, &named) {
		return cmp.Or(named.Name, unnamed)
	}
	var coded interface{ ErrorCode() string }
	if errors.As(err, &coded) && coded.ErrorCode() != "" {
		return coded.ErrorCode()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrorDeadline
	}
	return cmp.Or(typeNameOf(err), unnamed)
}

// typeNameOf returns the name of the first type in an error's tree that is not of
// package errors, fmt or this one; "" if there is none.
func typeNameOf(err error) string {
	if err == nil {
		return ""
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.PkgPath() {
	case "errors", "fmt", reflect.TypeFor[retryable]().PkgPath():
	default:
		if t.Name() != "" {
			return t.Name()
		}
	}
	switch e := err.(type) { //nolint:errorlint // it walks the tree of errors itself
	case interface{ Unwrap() error }:
		return typeNameOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, wrapped := range e.Unwrap() {
			if name := typeNameOf(wrapped); name != "" {
				return name
			}
		}
	}
	return ""
}

// invocationError returns an error that fails an invocation by a name that
// ErrorEquals of the state machine can match. Of any other error, Lambda reports
// the Go type.
func invocationError(err error) error {
	out, _ := err.(messages.InvokeResponse_Error) //nolint:errorlint // as aws-lambda-go looks at it
	d := describe(err)
	out.Type, out.Message = d.name, logline.Short(d.message, maxInvocationMessage)
	return out
}

// maxInvocationMessage is how much of a message an invocation fails with, in bytes. An
// execution that gets more than 262,144 bytes ends with States.DataLimitExceeded, which
// nothing catches.
const maxInvocationMessage = 32 << 10

// invocationErrorAfter returns an invocationError whose message begins with how
// far the invocation came, such as "after 7 items".
func invocationErrorAfter(count int64, thing string, err error) error {
	d := describe(err)
	return invocationError(messages.InvokeResponse_Error{Type: d.name, Message: fmt.Sprintf("after %s: %s", number.Of(int(count), thing), d.message)})
}

// invalidInput returns the error of a message that is not of the protocol.
func invalidInput(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorInvalidInput, format, args...)
}
