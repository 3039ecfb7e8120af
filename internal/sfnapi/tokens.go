package sfnapi

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// tokens has the tasks of [Service.Tasks] that wait for an answer to their token.
type tokens struct {
	mutex   sync.Mutex
	waiting map[string]*waitingTask // by token
	// lists has them by the ARN of their execution outside of Map Runs, by that of the execution
	// which waits for that one, and all of them by "".
	lists map[string]*taskList
	last  int64 // number
}

type waitingTask struct {
	request *engine.Request
	tasks   *Tasks
	number  int64 // from 1
	since   time.Time
	beat    time.Time // of the last heartbeat; zero without
	lists   []string  // which it is in
	gone    bool
}

// taskList has tasks in the order in which they began to wait.
type taskList struct {
	tasks []*waitingTask // with some that are gone
	live  int            // those that are not
}

func (l *taskList) add(w *waitingTask) {
	l.tasks = append(l.tasks, w)
	l.live++
}

// remove takes out a task that is gone.
func (l *taskList) remove() {
	if l.live--; len(l.tasks) > 2*l.live+64 {
		l.tasks = slices.DeleteFunc(l.tasks, func(w *waitingTask) bool { return w.gone })
	}
}

// after yields the tasks that began to wait after one with a number.
func (l *taskList) after(number int64) iter.Seq[*waitingTask] {
	return func(yield func(*waitingTask) bool) {
		if l == nil {
			return
		}
		begin, _ := slices.BinarySearchFunc(l.tasks, number+1, func(w *waitingTask, n int64) int { return cmp.Compare(w.number, n) })
		for _, w := range l.tasks[begin:] {
			if !w.gone && !yield(w) {
				return
			}
		}
	}
}

// Tasks are the tasks of one execution, and of those that it starts and waits for.
type Tasks struct {
	Execution string // its ARN, from its start on

	tokens *tokens
}

// Tasks begins to collect the tasks of an execution. Close it when the
// execution has ended.
func (s *Service) Tasks() *Tasks { return &Tasks{tokens: s.tasks} }

// Close forgets the tasks that still wait.
func (t *Tasks) Close() {
	t.tokens.mutex.Lock()
	defer t.tokens.mutex.Unlock()
	for _, w := range slices.Collect(t.tokens.lists[t.Execution].after(0)) {
		if w.tasks == t {
			t.tokens.forget(w.request.Callback.Token)
		}
	}
}

// Await makes a task of an integration wait for an answer to its token. The
// token is known before the integration is called.
func (t *Tasks) Await(call engine.IntegrationFunc) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		t.tokens.add(&waitingTask{request: request, tasks: t, since: time.Now()})
		request.Callback.WhenOver(func() { t.tokens.over(request.Callback.Token) })
		output, err := call(ctx, request)
		if err != nil {
			t.tokens.over(request.Callback.Token)
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
	w.lists = []string{""}
	for _, execution := range []string{w.tasks.Execution, w.request.Callback.Execution()} {
		if !slices.Contains(w.lists, execution) {
			w.lists = append(w.lists, execution)
		}
	}
	for _, execution := range w.lists {
		l := t.lists[execution]
		if l == nil {
			l = &taskList{}
			t.lists[execution] = l
		}
		l.add(w)
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
	w.gone = true
	delete(t.waiting, token)
	for _, execution := range w.lists {
		l := t.lists[execution]
		if l.remove(); l.live == 0 {
			delete(t.lists, execution)
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
