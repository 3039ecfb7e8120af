// Package sfnapi is the API of AWS Step Functions on this machine, as far as the
// functions of a job need it: they answer tasks that wait for a token, start
// executions and ask how these are doing.
package sfnapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/uuid"
)

// StateMachine describes a state machine.
type StateMachine struct {
	ARN  string
	Type engine.Type
}

// Runner runs state machines.
type Runner interface {
	// StateMachine returns the state machine with an ARN; nil if there is none.
	// The error says why its definition is not valid.
	StateMachine(arn string) (*StateMachine, error)
	// Start starts an execution before StartExecution answers. The execution is
	// stopped when ctx ends. The error says why it can't run.
	Start(ctx context.Context, machine *StateMachine, name string, input []byte) (*Started, error)
}

// Started is an execution that was started.
type Started struct {
	ARN   string
	Start time.Time
	// Finish is called once, and runs the execution to its end.
	Finish func() *engine.Execution
}

// Service is an [http.Handler] that speaks the protocol of Step Functions (AWS
// JSON 1.0).
type Service struct {
	tokens     tokens
	executions *executions
}

// New makes a service over the state machines of a runner.
func New(runner Runner) *Service {
	return &Service{tokens: tokens{waiting: map[string]waitingTask{}}, executions: newExecutions(runner)}
}

// Close stops the executions that were started through the API, and waits for
// their ends.
func (s *Service) Close() { s.executions.close() }

// apiError is an error of the API (API reference, "Errors" of each operation).
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

const (
	apiTarget = "AWSStepFunctions."
	// maxRequest has room for the longest output, each character of it escaped.
	maxRequest = 16 << 20
)

// ServeHTTP answers a request of the API, if a program of this machine has sent
// it.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	loopback.Only(http.HandlerFunc(s.serve)).ServeHTTP(w, r)
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("x-amzn-RequestId", uuid.New())
	var answer any
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	refused := &apiError{"SerializationException", fmt.Sprint(err)}
	if err == nil {
		answer, refused = s.do(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), apiTarget), body)
	}
	if refused != nil {
		w.WriteHeader(http.StatusBadRequest)
		answer = refused
	}
	_ = json.NewEncoder(w).Encode(answer) // fails if the client has gone
}

func (s *Service) do(operation string, body []byte) (any, *apiError) {
	switch operation {
	case "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat":
		return decoded(body, func(r taskAnswer) (*struct{}, *apiError) {
			return &struct{}{}, s.tokens.answer(operation, r)
		})
	case "StartExecution":
		return decoded(body, s.executions.start)
	case "DescribeExecution":
		return decoded(body, s.executions.describe)
	}
	return nil, &apiError{"UnknownOperationException", fmt.Sprintf("got %q, expected SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat, "+
		"StartExecution or DescribeExecution: other operations are not supported on this machine", operation)}
}

// decoded decodes the request of an operation and calls it.
func decoded[Request, Answer any](body []byte, operation func(Request) (*Answer, *apiError)) (any, *apiError) {
	var request Request
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, &apiError{"SerializationException", err.Error()}
	}
	return operation(request)
}
