package sfnapi

import (
	"context"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// tokens has the tasks of [Service.Await] that wait for an answer to their token.
type tokens struct {
	mutex   sync.Mutex
	waiting map[string]*waitingTask    // by token
	of      map[string]*executionTasks // by the ARN of an execution; none is empty
	last    int64                      // number
}

type waitingTask struct {
	request    *engine.Request
	executions []string // whose tasks it is one of
	number     int64    // from 1
	since      time.Time
	beat       time.Time // of the last heartbeat; zero without
}

// Number implements [blocklist.Numbered].
func (w *waitingTask) Number() int64 { return w.number }

// Await makes a task of an integration wait for an answer to its token. The
// token is known before the integration is called.
func (s *Service) Await(call engine.IntegrationFunc) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		callback := request.Callback
		s.tasks.add(&waitingTask{request: request, executions: callback.Executions(), since: time.Now()})
		callback.WhenOver(func() { s.tasks.over(callback.Token) })
		output, err := call(ctx, request)
		if err != nil {
			s.tasks.over(callback.Token)
		}
		return output, err
	}
}

func (t *tokens) add(w *waitingTask) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.last++
	w.number = t.last
	t.waiting[w.request.Callback.Token] = w
	for _, execution := range w.executions {
		tasks := t.of[execution]
		if tasks == nil {
			tasks = &executionTasks{}
			t.of[execution] = tasks
		}
		tasks.add(w)
	}
}

// over forgets a task that has ended.
func (t *tokens) over(token string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.forget(token)
}

// forget removes a task. Callers hold the mutex.
func (t *tokens) forget(token string) {
	w := t.waiting[token]
	if w == nil {
		return
	}
	delete(t.waiting, token)
	for _, execution := range w.executions {
		tasks := t.of[execution]
		if tasks.remove(w); tasks.all.Len() == 0 {
			delete(t.of, execution)
		}
	}
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
	if refused := checkFailure(r.Error, r.Cause); refused != nil {
		return nil, refused
	}
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
	w := t.waiting[token]
	if w == nil {
		return nil
	}
	callback := w.request.Callback
	over := callback.Over()
	if over || !keep {
		t.forget(token)
	}
	if over {
		return nil
	}
	w.beat = time.Now()
	return callback
}
