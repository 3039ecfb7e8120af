package delivery

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// refusal is the answer to a delivery that starts nothing.
type refusal struct {
	status  int
	message string // for the sender
	reason  string // for the log only; empty: the message
	headers map[string]string
}

// failure returns the refusal for an error of AWS. It tells the sender only whether
// to send the delivery again: yes with 503, no with 500, until the webhook is fixed.
func failure(what string, err error) *refusal {
	if !isTemporary(err) {
		return misconfigured(what + ": " + err.Error())
	}
	return again(what, err)
}

// misconfigured returns the refusal of a webhook that has to be fixed.
func misconfigured(reason string) *refusal {
	return &refusal{status: http.StatusInternalServerError, message: "the webhook is not configured correctly", reason: reason}
}

// again returns the refusal of a delivery that the sender should send again.
func again(what string, err error) *refusal {
	return &refusal{status: http.StatusServiceUnavailable, message: "the delivery could not be accepted now: send it again",
		reason: what + ": " + err.Error(), headers: map[string]string{"Retry-After": "5"}}
}

// isTemporary reports whether an error of a call to AWS is temporary: the call was not
// answered, AWS failed, or there are too many calls or executions.
func isTemporary(err error) bool {
	if _, fixed := errors.AsType[*unusable](err); fixed {
		return false
	}
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if !answered || response.HTTPStatusCode()/100 != 4 { // 0 if the call was canceled
		return true
	}
	if _, full := errors.AsType[*types.ExecutionLimitExceeded](err); full {
		return true
	}
	if _, throttled := errors.AsType[*types.KmsThrottlingException](err); throttled {
		return true
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

func (r *refusal) level() slog.Level {
	if r.status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelWarn
}

func (r *refusal) response() events.LambdaFunctionURLResponse {
	return respond(r.status, map[string]string{"message": r.message}, r.headers)
}

// respond returns a response with a JSON body.
func respond(status int, body any, headers map[string]string) events.LambdaFunctionURLResponse {
	text, err := json.Marshal(body)
	if err != nil { // bodies are strings only
		panic(err)
	}
	all := map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"}
	maps.Copy(all, headers)
	return events.LambdaFunctionURLResponse{StatusCode: status, Headers: all, Body: string(text)}
}
