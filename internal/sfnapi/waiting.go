package sfnapi

import (
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// ListWaitingTasks is an operation that Step Functions does not have: it lists the tasks
// that wait for an answer to their token. Its X-Amz-Target has a prefix of its own.
const ListWaitingTasks = "MapJob.ListWaitingTasks"

type waitingRequest struct {
	page
	// ExecutionArn is that of an execution whose tasks are listed, with those of its Map
	// Runs and of the executions that it waits for. Without one, all are.
	ExecutionArn string
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
	after, refused := at(&r.page, ListWaitingTasks, r.ExecutionArn, int64(0))
	if refused != nil {
		return nil, refused
	}
	found, total, more := s.tasks.page(r.ExecutionArn, after, most)
	answer := &waitingAnswer{WaitingTasks: make([]listedTask, len(found)), Total: total}
	for i := range found {
		answer.WaitingTasks[i] = found[i].listed()
	}
	if more {
		answer.NextToken = nextToken(ListWaitingTasks, r.ExecutionArn, found[len(found)-1].number)
	}
	return answer, nil
}

// page returns up to most tasks of an execution, or of all, that began to wait after one
// with a number, how many there are in all, and whether more follow.
func (t *tokens) page(execution string, after int64, most int) (found []waitingTask, total int, more bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, w := range t.order {
		if w.gone || w.request.Callback.Over() || execution != "" && execution != w.tasks.Execution && execution != w.request.ExecutionARN {
			continue
		}
		total++
		switch {
		case w.number <= after:
		case len(found) == most:
			more = true
		default:
			found = append(found, *w) // a heartbeat may change it
		}
	}
	return found, total, more
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
