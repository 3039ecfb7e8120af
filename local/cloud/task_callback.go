package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/local/engine"
	"github.com/mapjob/mapjob/local/value"
)

// callbacks is the Step Functions API of this machine, as far as tasks that
// wait for their token need it: SendTaskSuccess, SendTaskFailure and
// SendTaskHeartbeat, in AWS JSON 1.0.
type callbacks struct {
	url    string
	server *http.Server

	mutex   sync.Mutex
	waiting map[string]expectation // by task token
}

type expectation struct {
	callback  *engine.Callback
	execution *integrations // whose end is the end of it
}

func startCallbacks() (*callbacks, error) {
	listener, err := listen("Step Functions", "", 0)
	if err != nil {
		return nil, err
	}
	c := &callbacks{url: "http://" + listener.Addr().String(), waiting: map[string]expectation{}}
	c.server = &http.Server{Handler: c}
	go c.server.Serve(listener) // ends with close
	return c, nil
}

func (c *callbacks) close() error { return c.server.Close() }

// expected makes the token of a task known before the task is handed over.
func (c *callbacks) expected(execution *integrations, call engine.IntegrationFunc) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		token := request.Callback.Token
		c.mutex.Lock()
		c.waiting[token] = expectation{request.Callback, execution}
		c.mutex.Unlock()
		output, err := call(ctx, request)
		if err != nil {
			c.forget(token)
		}
		return output, err
	}
}

func (c *callbacks) forget(token string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.waiting, token)
}

// forgetAll drops what an execution that has ended has left.
func (c *callbacks) forgetAll(execution *integrations) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for token, e := range c.waiting {
		if e.execution == execution {
			delete(c.waiting, token)
		}
	}
}

// apiError is an error of the Step Functions API (API reference, "Errors" of
// each operation).
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

const (
	apiTarget = "AWSStepFunctions."
	tokenSize = 72 // of the engine's tokens
	// maxRequest is enough for the longest output, each character of it escaped.
	maxRequest = 16 << 20
)

func (c *callbacks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("x-amzn-RequestId", newUUID())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	refused := &apiError{"SerializationException", fmt.Sprint(err)}
	if err == nil {
		refused = c.answer(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), apiTarget), body)
	}
	if refused != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(refused) // a client that has gone needs no answer
		return
	}
	_, _ = io.WriteString(w, "{}")
}

func (c *callbacks) answer(operation string, body []byte) *apiError {
	switch operation {
	case "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat":
	default:
		return &apiError{"UnknownOperationException", fmt.Sprintf(
			"got %q, expected SendTaskSuccess, SendTaskFailure or SendTaskHeartbeat: there are no others on this machine", operation)}
	}
	var request struct{ TaskToken, Output, Error, Cause string }
	if err := json.Unmarshal(body, &request); err != nil {
		return &apiError{"SerializationException", err.Error()}
	}
	output, err := value.Parse([]byte(request.Output))
	if operation == "SendTaskSuccess" && (err != nil || len(request.Output) > engine.AWSLimits.PayloadBytes) {
		return &apiError{"InvalidOutput", fmt.Sprintf("Invalid Output: got %d bytes (%v), expected JSON of at most %d",
			len(request.Output), err, engine.AWSLimits.PayloadBytes)}
	}
	callback, refused := c.take(request.TaskToken, operation != "SendTaskHeartbeat")
	if refused != nil {
		return refused
	}
	switch operation {
	case "SendTaskSuccess":
		callback.Success(output)
	case "SendTaskFailure":
		callback.Failure(request.Error, request.Cause)
	default:
		callback.Heartbeat()
	}
	return nil
}

// take finds the task of a token. The last answer to it takes the token away.
func (c *callbacks) take(token string, last bool) (*engine.Callback, *apiError) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	e, ok := c.waiting[token]
	switch {
	case !ok && len(token) == tokenSize: // it was one once
		return nil, &apiError{"TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"}
	case !ok:
		return nil, &apiError{"InvalidToken", "Invalid Token: 'Invalid token'"}
	case last:
		delete(c.waiting, token)
	}
	return e.callback, nil
}
