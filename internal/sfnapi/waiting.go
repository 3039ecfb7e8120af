package sfnapi

import (
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// ListWaitingTasks is an operation that Step Functions does not have: it lists the tasks
// that wait for an answer to their token. Its X-Amz-Target has a prefix of its own.
const ListWaitingTasks = "MapJob.ListWaitingTasks"

type waitingRequest struct {
	page
	// ExecutionArn is that of an execution whose tasks are listed, with those of its Map
	// Runs and of the executions that it waits for. It may be a child of a Map Run.
	ExecutionArn string
	StateName    string // only those of this state
	TaskToken    string // only those whose token begins so
}

type waitingAnswer struct {
	WaitingTasks []listedTask `json:"waitingTasks"` // the one that waits longest first
	Total        int          `json:"total"`        // on all pages
	NextToken    string       `json:"nextToken,omitempty"`
}

type listedTask struct {
	TaskToken     string `json:"taskToken"`
	ExecutionARN  string `json:"executionArn"` // inside a Distributed Map that of the child
	StateName     string `json:"stateName"`
	Resource      string `json:"resource"`
	StartDate     epoch  `json:"startDate"`
	TimeoutDate   *epoch `json:"timeoutDate,omitempty"`       // when it times out
	HeartbeatDate *epoch `json:"lastHeartbeatDate,omitempty"` // of the last one
	FirstItem     int    `json:"firstItem"`                   // the index, if there are items
	Items         int    `json:"items,omitempty"`
	Input         string `json:"input"` // what was sent with the token, cut after mostInput bytes
	InputBytes    int    `json:"inputBytes"`
}

// mostInput is how much of an input is listed, in bytes.
const mostInput = 16 << 10

func (s *Service) listWaitingTasks(r waitingRequest) (*waitingAnswer, *apiError) {
	most, refused := r.size()
	if refused != nil {
		return nil, refused
	}
	if refused := checkARN("executionArn", r.ExecutionArn, "execution", "express"); refused != nil {
		return nil, refused
	}
	subject := strings.Join([]string{r.ExecutionArn, r.StateName, r.TaskToken}, " ")
	after, refused := at(&r.page, ListWaitingTasks, subject, int64(0))
	if refused != nil {
		return nil, refused
	}
	found, total, more := s.tasks.page(&r, after, most)
	answer := &waitingAnswer{WaitingTasks: make([]listedTask, len(found)), Total: total}
	for i := range found {
		answer.WaitingTasks[i] = found[i].listed()
	}
	if more {
		answer.NextToken = nextToken(ListWaitingTasks, subject, found[len(found)-1].number)
	}
	return answer, nil
}

// page returns up to most tasks that a request asks for and that began to wait after one with a
// number, how many there are in all, and whether more follow. It looks at each task of the
// execution only for the beginning of a token.
func (t *tokens) page(r *waitingRequest, after int64, most int) (found []waitingTask, total int, more bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	list := t.of[r.ExecutionArn].of(r.StateName)
	switch {
	case list == nil:
		return nil, 0, false
	case r.TaskToken != "":
		list = t.beginning(list, r)
	}
	for w := range list.After(after) {
		if len(found) == most {
			return found, list.Len(), true
		}
		found = append(found, *w) // a heartbeat may change it
	}
	return found, list.Len(), false
}

// beginning returns the tasks of a list whose token begins as a request says.
func (t *tokens) beginning(list *taskList, r *waitingRequest) *taskList {
	if w := t.waiting[r.TaskToken]; w != nil { // the whole token
		one := &taskList{}
		if slices.Contains(w.executions, r.ExecutionArn) && (r.StateName == "" || r.StateName == w.request.StateName) {
			one.Add(w)
		}
		return one
	}
	return list.Filtered(func(w *waitingTask) bool { return strings.HasPrefix(w.request.Callback.Token, r.TaskToken) })
}

func (w *waitingTask) listed() listedTask {
	r := w.request
	l := listedTask{TaskToken: r.Callback.Token, ExecutionARN: r.ExecutionARN, StateName: r.StateName, Resource: r.Resource.ARN,
		StartDate: epochOf(w.since), HeartbeatDate: stopOf(w.beat), FirstItem: r.First, Items: r.Items}
	var end time.Time
	if r.Timeout > 0 {
		end = w.since.Add(r.Timeout)
	}
	if r.Heartbeat > 0 {
		last := w.since
		if w.beat.After(last) {
			last = w.beat
		}
		if silent := last.Add(r.Heartbeat); end.IsZero() || silent.Before(end) {
			end = silent
		}
	}
	l.TimeoutDate = stopOf(end)
	text := value.Text(r.Parameters)
	l.Input, l.InputBytes = text, len(text)
	if len(text) > mostInput {
		cut := mostInput
		for cut > 0 && text[cut]&0xC0 == 0x80 { // within a character
			cut--
		}
		l.Input = text[:cut]
	}
	return l
}
