package core

import (
	"net/http"

	"github.com/aws/smithy-go"
)

// Refusal is an error that S3 answers (Amazon S3 API reference, "Error responses").
type Refusal struct {
	Status        int
	Code, Message string
}

// Refuse returns an error.
func Refuse(status int, code, message string) *Refusal {
	return &Refusal{Status: status, Code: code, Message: message}
}

// Error, ErrorCode, ErrorMessage and ErrorFault implement [smithy.APIError].
func (r *Refusal) Error() string        { return "api error " + r.Code + ": " + r.Message }
func (r *Refusal) ErrorCode() string    { return r.Code }
func (r *Refusal) ErrorMessage() string { return r.Message }
func (r *Refusal) ErrorFault() smithy.ErrorFault {
	if r.Status >= http.StatusInternalServerError {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

func noSuchBucket() *Refusal {
	return Refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
}

func noSuchKey() *Refusal {
	return Refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
}

func preconditionFailed() *Refusal {
	return Refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

// Invalid returns the error of an argument.
func Invalid(message string) *Refusal {
	return Refuse(http.StatusBadRequest, "InvalidArgument", message)
}

// NotImplemented returns the error of a request that is not supported.
func NotImplemented(what string) *Refusal {
	return Refuse(http.StatusNotImplemented, "NotImplemented", what+" is not supported by the S3 of this test")
}

// Malformed returns the error of a body that is no XML that was expected.
func Malformed() *Refusal {
	return Refuse(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}
