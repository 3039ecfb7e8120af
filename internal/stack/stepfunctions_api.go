package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// stepFunctions is the Step Functions API of this machine, in AWS JSON 1.0, as
// far as functions need it: they answer tasks that wait for their token, start
// state machines of the stack and ask how an execution fares.
type stepFunctions struct {
	*callbacks
	executions *executions
	url        string
	server     *server
}

func startStepFunctions(cloud *Stack) (*stepFunctions, error) {
	s := &stepFunctions{callbacks: newCallbacks(), executions: newExecutions(cloud)}
	var err error
	if s.server, err = serve("Step Functions", "", 0, s); err != nil {
		return nil, err
	}
	s.url = s.server.url
	return s, nil
}

// close stops the executions that still run, and waits for them.
func (s *stepFunctions) close() error {
	err := s.server.close()
	s.executions.close()
	return err
}

// apiError is an error of the Step Functions API (API reference, "Errors" of
// each operation).
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

const (
	apiTarget = "AWSStepFunctions."
	// maxRequest is enough for the longest output, each character of it escaped.
	maxRequest = 16 << 20
)

func (s *stepFunctions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("x-amzn-RequestId", newUUID())
	var answer any
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	refused := &apiError{"SerializationException", fmt.Sprint(err)}
	if err == nil {
		answer, refused = s.answer(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), apiTarget), body)
	}
	if refused != nil {
		w.WriteHeader(http.StatusBadRequest)
		answer = refused
	}
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone needs no answer
}

func (s *stepFunctions) answer(operation string, body []byte) (any, *apiError) {
	switch operation {
	case "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat":
		return struct{}{}, s.callbacks.answer(operation, body)
	case "StartExecution":
		return answered(body, s.executions.start)
	case "DescribeExecution":
		return answered(body, s.executions.describe)
	}
	return nil, &apiError{"UnknownOperationException", fmt.Sprintf("got %q, expected SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat, "+
		"StartExecution or DescribeExecution: there are no others on this machine", operation)}
}

// answered decodes the request of an operation, and answers it.
func answered[Request, Answer any](body []byte, operation func(Request) (*Answer, *apiError)) (any, *apiError) {
	var request Request
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, &apiError{"SerializationException", err.Error()}
	}
	return operation(request)
}
