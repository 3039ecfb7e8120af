// Package lambda is the API of AWS Lambda in a test: clients of the SDK invoke the
// functions of a stack, which are Go functions.
package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// Functions are what is invoked. A function has its name, or its ARN.
type Functions interface {
	Has(name string) bool
	// Invoke invokes a function and waits for its answer.
	Invoke(ctx context.Context, name string, payload []byte) (*lambdahost.Response, error)
	// Event invokes a function without waiting for it.
	Event(name string, payload []byte) error
}

// Service answers Invoke (AWS Lambda API reference). It holds no lock.
type Service struct{ Functions Functions }

const (
	before   = "/2015-03-31/functions/"
	after    = "/invocations"
	maxEvent = 1 << 20 // bytes of an event's payload
)

// ServeHTTP answers a request of the API.
func (s Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.serve(w, r); err != nil {
		writeError(w, err)
	}
}

func (s Service) serve(w http.ResponseWriter, r *http.Request) error {
	name, isFunction := strings.CutPrefix(r.URL.Path, before)
	name, invokes := strings.CutSuffix(name, after)
	if r.Method != http.MethodPost || !isFunction || !invokes {
		return &lambdahost.Error{Code: "UnknownOperationException", Message: fmt.Sprintf("got %s %s, expected POST %sNAME%s: a test has no other operation of Lambda", r.Method, r.URL.Path, before, after)}
	}
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		return &lambdahost.Error{Code: "InvalidRequestContentException", Message: err.Error()}
	}
	switch {
	case !s.Functions.Has(name):
		return &lambdahost.Error{Code: "ResourceNotFoundException", Message: "Function not found: " + name}
	case len(payload) > 0 && !json.Valid(payload):
		return &lambdahost.Error{Code: "InvalidRequestContentException", Message: "Could not parse request body into json: the payload is not JSON"}
	case len(payload) == 0:
		payload = []byte("{}")
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		return s.invoke(r.Context(), w, name, payload)
	case "Event":
		if len(payload) > maxEvent {
			return &lambdahost.Error{Code: "RequestEntityTooLargeException", Message: fmt.Sprintf("%d byte payload is too large for the Event invocation type (limit %d bytes)", len(payload), maxEvent)}
		}
		if err := s.Functions.Event(name, payload); err != nil {
			return err
		}
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		return &lambdahost.Error{Code: "InvalidParameterValueException", Message: "got invocation type " + kind + ", expected RequestResponse, Event or DryRun"}
	}
	return nil
}

func (s Service) invoke(ctx context.Context, w http.ResponseWriter, name string, payload []byte) error {
	answer, err := s.Functions.Invoke(ctx, name, payload)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(answer.Payload)))
	header.Set("X-Amz-Executed-Version", "$LATEST")
	header.Set("X-Amzn-Requestid", answer.RequestID)
	if answer.FunctionError != "" {
		header.Set("X-Amz-Function-Error", answer.FunctionError)
	}
	_, _ = w.Write(answer.Payload) // fails if the client has gone
	return nil
}

func writeError(w http.ResponseWriter, err error) {
	refused, ok := errors.AsType[*lambdahost.Error](err)
	if !ok {
		refused = &lambdahost.Error{Code: "ServiceException", Message: err.Error()}
	}
	body, _ := json.Marshal(map[string]string{"Type": "User", "message": refused.Message}) // never fails
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", refused.Code)
	w.WriteHeader(refused.Status())
	_, _ = w.Write(body)
}
