package lambdahost

import "net/http"

// Error reports that the Invoke API refused a request, so the function did not run.
// A failure in the function is not an Error but a [Response] with a FunctionError.
type Error struct {
	// Code is the exception of Lambda's API, such as "ResourceNotFoundException".
	Code string
	// Message is the message of Lambda's API.
	Message string
	// reason is the kind of a TooManyRequestsException.
	reason string
}

// Error returns the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The exceptions of the AWS Lambda API reference, "Invoke", that a host returns.
const (
	codeNotFound  = "ResourceNotFoundException"
	codeThrottled = "TooManyRequestsException"
	// The API reference calls it RequestTooLargeException; public captures of
	// Lambda's answers have this name.
	codeRequestTooLarge = "RequestEntityTooLargeException"
	codeInvalidContent  = "InvalidRequestContentException"
	codeInvalidParam    = "InvalidParameterValueException"
	codeValidation      = "ValidationException"
	codeService         = "ServiceException"
	codeUnknown         = "UnknownOperationException"
)

// Status returns the HTTP status of the exception in the API reference.
func (e *Error) Status() int {
	switch e.Code {
	case codeNotFound, codeUnknown:
		return http.StatusNotFound
	case codeThrottled:
		return http.StatusTooManyRequests
	case codeRequestTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeService:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// throttled returns Lambda's error if the concurrency is used up. reason is a
// ThrottleReason of the API.
func throttled(reason string) *Error {
	return &Error{Code: codeThrottled, Message: "Rate Exceeded.", reason: reason}
}
