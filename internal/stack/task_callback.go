package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// callbacks are the tasks that wait for their token, and what answers them:
// SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.
type callbacks struct {
	mutex   sync.Mutex
	waiting map[string]expectation // by task token
}

type expectation struct {
	callback  *engine.Callback
	execution *integrations // whose end is the end of it
}

func newCallbacks() *callbacks { return &callbacks{waiting: map[string]expectation{}} }

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

// tokenSize is that of the engine's tokens.
const tokenSize = 72

func (c *callbacks) answer(operation string, body []byte) *apiError {
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
	if ok && e.callback.Over() {
		delete(c.waiting, token)
		ok = false
	}
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
