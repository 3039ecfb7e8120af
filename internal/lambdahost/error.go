package lambdahost

import "net/http"

// Error is a refusal by the Invoke API itself: the function did not run. What
// goes wrong in a function is not an Error, but a [Response] with a FunctionError.
type Error struct {
	// Code is the exception of Lambda's API, such as "ResourceNotFoundException".
	Code string
	// Message is what Lambda's API says about it.
	Message string
	// reason tells the kinds of TooManyRequestsException apart.
	reason string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The exceptions of AWS Lambda API reference, "Invoke", that a host can raise.
const (
	codeNotFound        = "ResourceNotFoundException"
	codeThrottled       = "TooManyRequestsException"
	codeRequestTooLarge = "RequestTooLargeException"
	codeInvalidContent  = "InvalidRequestContentException"
	codeInvalidParam    = "InvalidParameterValueException"
	codeValidation      = "ValidationException"
	codeService         = "ServiceException"
	codeUnknown         = "UnknownOperationException"
)

// status is the HTTP status that the API reference lists for the exception.
func (e *Error) status() int {
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

// throttled is Lambda's answer when the concurrency is used up; reason is a
// ThrottleReason of the API.
func throttled(reason string) *Error {
	return &Error{Code: codeThrottled, Message: "Rate Exceeded.", reason: reason}
}
