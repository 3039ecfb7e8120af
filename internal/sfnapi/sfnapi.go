// Package sfnapi serves the API of AWS Step Functions on this machine: it starts and
// stops executions, and answers for those that run and those of an archive.
package sfnapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/uuid"
)

// StateMachine describes a state machine.
type StateMachine struct {
	ARN  string
	Type engine.Type
}

// Runner runs state machines, and records what it runs in the archive of the service.
type Runner interface {
	// StateMachine returns the state machine with an ARN; nil if there is none.
	// The error says why its definition is not valid.
	StateMachine(arn string) (*StateMachine, error)
	// Start starts an execution before StartExecution answers. The execution is
	// stopped when ctx ends. The error is [engine.ErrExecutionRuns], or says why
	// nothing could be recorded.
	Start(ctx context.Context, machine *StateMachine, name string, input []byte) (*Started, error)
	// Stop stops an execution, and returns when it has ended, or will as soon as the run
	// goes on. It reports whether the runner has it.
	Stop(arn, name, cause string) bool
}

// Archive has the executions that a service answers for. Its methods are those of
// [archive.Archive].
type Archive interface {
	Execution(arn string) (*archive.Execution, error)
	Executions() ([]archive.Execution, error)
	Children(mapRun string, from int64, yield func(child archive.Execution, next int64) bool) error
	MapRun(arn string) (*archive.MapRun, error)
	MapRuns(execution string) ([]archive.MapRun, error)
	StateMachines() ([]archive.StateMachine, error)
	History(arn string, from int64, reverse bool, yield func(archive.Event) bool) (bool, error)
}

// Tokens has the tasks that wait for an answer to their token.
type Tokens interface {
	// Callback returns the callback of the task with a token; nil if there is none. The
	// token is not valid any more then, unless keep is true.
	Callback(token string, keep bool) *engine.Callback
}

// Started is an execution that was started.
type Started struct {
	ARN   string
	Start time.Time
	// Finish is called once, and runs the execution to its end. It is nil if the
	// execution has failed already.
	Finish func() *engine.Execution
}

// Service is an [http.Handler] that speaks the protocol of Step Functions (AWS
// JSON 1.0).
type Service struct {
	operations map[string]operation // by name
	tasks      *tokens              // of [Service.Await]
	tokens     Tokens
	runner     Runner // nil if nothing can be started
	archive    Archive
	newID      func() string

	ctx  context.Context // of executions that were started
	stop context.CancelFunc

	starting sync.Mutex // one at a time
	running  sync.WaitGroup
	runs     atomic.Int64 // executions of running
}

// Option sets up a [Service].
type Option func(*Service)

// WithTokens lets tasks wait elsewhere than in [Service.Await].
func WithTokens(t Tokens) Option { return func(s *Service) { s.tokens = t } }

// WithIDs sets the identifiers of requests, and of executions without a name. By
// default they are random.
func WithIDs(newID func() string) Option { return func(s *Service) { s.newID = newID } }

// New returns a service for the executions of an archive and the state machines of a
// runner. If the runner is nil, nothing can be started or stopped.
func New(runner Runner, executions Archive, options ...Option) *Service {
	s := &Service{tasks: &tokens{waiting: map[string]*waitingTask{}, of: map[string]*executionTasks{}}, runner: runner, archive: executions, newID: uuid.New}
	s.tokens = s.tasks
	for _, set := range options {
		set(s)
	}
	s.operations = s.offered()
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Close stops the executions that were started through the API, and waits for
// their ends.
func (s *Service) Close() {
	s.starting.Lock()
	s.stop()
	s.starting.Unlock()
	s.running.Wait()
}

// apiError is an error of the API (API reference, "Errors" of each operation).
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

func refusef(name, format string, args ...any) *apiError {
	return &apiError{name, fmt.Sprintf(format, args...)}
}

// internalFailure is the name of an error that the service is to blame for.
const internalFailure = "InternalFailure"

func broken(err error) *apiError { return refusef(internalFailure, "%v", err) }

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

// Handler answers requests of this process, whatever their address.
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	status, answer := s.answer(r.Header.Get("X-Amz-Target"), body, err)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("x-amzn-RequestId", s.newID())
	w.WriteHeader(status)
	_, _ = w.Write(answer) // fails if the client has gone
}

const contentType = "application/x-amz-json-1.0"

// RoundTrip answers a request of this process without a connection: the service is
// the transport of an HTTP client, whatever the address.
func (s *Service) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	var err error
	if r.Body != nil {
		body, err = io.ReadAll(r.Body)
		err = errors.Join(err, r.Body.Close())
	}
	status, answer := s.answer(r.Header.Get("X-Amz-Target"), body, err)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {contentType}, "X-Amzn-Requestid": {s.newID()}},
		Body:   io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: r,
	}, nil
}

// answer answers a request, whose body may not have been read.
func (s *Service) answer(target string, body []byte, unread error) (status int, _ []byte) {
	var answer any
	refused := refusef("SerializationException", "%v", unread)
	if unread == nil {
		answer, refused = s.do(strings.TrimPrefix(target, apiTarget), body)
	}
	status = http.StatusOK
	if refused != nil {
		status, answer = http.StatusBadRequest, refused
		if refused.Type == internalFailure {
			status = http.StatusInternalServerError
		}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(answer); err != nil {
		return http.StatusInternalServerError, nil
	}
	return status, text.Bytes()
}

// operation answers the request of an operation.
type operation func(body []byte) (any, *apiError)

// Idle reports whether all executions that StartExecution has started are over.
func (s *Service) Idle() bool { return s.runs.Load() == 0 }

// offered returns the operations of the API that this machine has, by their names.
func (s *Service) offered() map[string]operation {
	all := map[string]operation{
		"StartExecution":                   decoded(s.start),
		"StopExecution":                    decoded(s.stopExecution),
		"DescribeExecution":                decoded(s.describe),
		"ListExecutions":                   decoded(s.list),
		"RedriveExecution":                 decoded(s.redrive),
		"GetExecutionHistory":              decoded(s.history),
		"ListMapRuns":                      decoded(s.listMapRuns),
		"DescribeMapRun":                   decoded(s.describeMapRun),
		"ListStateMachines":                decoded(s.listStateMachines),
		"DescribeStateMachine":             decoded(s.describeStateMachine),
		"DescribeStateMachineForExecution": decoded(s.describeStateMachineForExecution),
		"ValidateStateMachineDefinition":   decoded(validateDefinition),
		"SendTaskSuccess":                  decoded(s.success),
		"SendTaskFailure":                  decoded(s.failure),
		"SendTaskHeartbeat":                decoded(s.heartbeat),
	}
	if s.tokens == Tokens(s.tasks) { // they don't wait elsewhere
		all[ListWaitingTasks] = decoded(s.listWaitingTasks)
	}
	return all
}

func (s *Service) do(name string, body []byte) (any, *apiError) {
	if do := s.operations[name]; do != nil {
		return do(body)
	}
	return nil, refusef("UnknownOperationException", "got %q, expected an operation that is supported on this machine: %s",
		name, strings.Join(slices.Sorted(maps.Keys(s.operations)), ", "))
}

// decoded returns an operation that decodes its request.
func decoded[Request, Answer any](do func(Request) (*Answer, *apiError)) operation {
	return func(body []byte) (any, *apiError) {
		var request Request
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, refusef("SerializationException", "%v", err)
		}
		return do(request)
	}
}

// epoch is a time in seconds since 1970, with milliseconds.
type epoch float64

func epochOf(t time.Time) epoch { return epoch(float64(t.UnixMilli()) / 1000) }

// stopOf returns when something has stopped; nil if it runs.
func stopOf(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	stop := epochOf(t)
	return &stop
}

// checkARN refuses a text that is not an ARN of Step Functions of one of these kinds.
func checkARN(member, arn string, kinds ...string) *apiError {
	if arn == "" {
		return refusef("ValidationException", "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
	}
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "states" || parts[6] == "" {
		return refusef("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", arn)
	}
	if slices.Contains(kinds, parts[5]) {
		return nil
	}
	return refusef("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: %s'", cmp.Or(parts[5], arn))
}

// checkOneOf refuses a value that an enumeration does not have. The empty one is left
// out.
func checkOneOf(member, got string, expected ...string) *apiError {
	if got == "" || slices.Contains(expected, got) {
		return nil
	}
	return refusef("ValidationException", "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
		got, member, strings.Join(expected, ", "))
}
