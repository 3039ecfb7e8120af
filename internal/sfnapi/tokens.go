package sfnapi

import (
	"context"
	"sync"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// tokens has the tasks of [Service.Tasks] that wait for an answer to their token.
type tokens struct {
	mutex   sync.Mutex
	waiting map[string]waitingTask // by token
}

type waitingTask struct {
	callback *engine.Callback
	tasks    *Tasks
}

// Tasks are the tasks of one execution.
type Tasks struct{ tokens *tokens }

// Tasks begins to collect the tasks of an execution. Close it when the
// execution has ended.
func (s *Service) Tasks() *Tasks { return &Tasks{s.tasks} }

// Close forgets the tasks that still wait.
func (t *Tasks) Close() {
	t.tokens.mutex.Lock()
	defer t.tokens.mutex.Unlock()
	for token, w := range t.tokens.waiting {
		if w.tasks == t {
			delete(t.tokens.waiting, token)
		}
	}
}

// Await makes a task of an integration wait for an answer to its token. The
// token is known before the integration is called.
func (t *Tasks) Await(call engine.IntegrationFunc) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		token := request.Callback.Token
		t.tokens.mutex.Lock()
		t.tokens.waiting[token] = waitingTask{request.Callback, t}
		t.tokens.mutex.Unlock()
		output, err := call(ctx, request)
		if err != nil {
			t.tokens.forget(token)
		}
		return output, err
	}
}

func (t *tokens) forget(token string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.waiting, token)
}

// taskAnswer is the request of SendTaskSuccess, SendTaskFailure and
// SendTaskHeartbeat.
type taskAnswer struct{ TaskToken, Output, Error, Cause string }

// done is the answer to the three.
type done struct{}

func (s *Service) success(r taskAnswer) (*done, *apiError) {
	output, err := value.Parse([]byte(r.Output))
	switch {
	case err != nil:
		return nil, refusef("InvalidOutput", "Invalid Output: got text that is not JSON (%v), expected a JSON value", err)
	case len(r.Output) > engine.AWSLimits.PayloadBytes:
		return nil, refusef("InvalidOutput", "Invalid Output: got %d bytes, expected at most %d", len(r.Output), engine.AWSLimits.PayloadBytes)
	}
	callback, refused := s.take(r.TaskToken, false)
	if refused == nil {
		callback.Success(output)
	}
	return &done{}, refused
}

func (s *Service) failure(r taskAnswer) (*done, *apiError) {
	callback, refused := s.take(r.TaskToken, false)
	if refused == nil {
		callback.Failure(r.Error, r.Cause)
	}
	return &done{}, refused
}

func (s *Service) heartbeat(r taskAnswer) (*done, *apiError) {
	callback, refused := s.take(r.TaskToken, true)
	if refused == nil {
		callback.Heartbeat()
	}
	return &done{}, refused
}

// take returns the task of a token. The token is no longer valid then, unless the
// answer is a heartbeat.
func (s *Service) take(token string, heartbeat bool) (*engine.Callback, *apiError) {
	callback := s.tokens.Callback(token, heartbeat)
	switch {
	case callback == nil && len(token) == engine.TokenLength: // it may have been valid once
		return nil, refusef("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	case callback == nil:
		return nil, refusef("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	return callback, nil
}

// Callback implements [Tokens].
func (t *tokens) Callback(token string, keep bool) *engine.Callback {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	w, ok := t.waiting[token]
	if !ok {
		return nil
	}
	over := w.callback.Over()
	if over || !keep {
		delete(t.waiting, token)
	}
	if over {
		return nil
	}
	return w.callback
}
