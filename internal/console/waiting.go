package console

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/protocol"
)

// waitingList is the answer with tasks that wait for an answer to their token. Why says why
// there can't be any.
type waitingList struct {
	Tasks   []waitingTask `json:"tasks"`
	Total   int           `json:"total"`          // on all pages
	Next    string        `json:"next,omitempty"` // where the next page begins
	Why     string        `json:"why,omitempty"`
	Command string        `json:"command"`
}

// waitingTask is a task whose items are texts: a browser would change long numbers in them.
type waitingTask struct {
	*waiting.Task
	Item []string `json:"item,omitempty"`
}

// waiting lists the tasks of an execution on this machine that wait.
func (s *Server) waiting(r *http.Request, x *Opened) (any, error) {
	q := r.URL.Query()
	most, err := limit(q, 100, waiting.MostTasks)
	if err != nil {
		return nil, err
	}
	list := &waitingList{Tasks: []waitingTask{}, Command: x.Command("waiting")}
	service, why := x.Waiting()
	if why != nil {
		list.Why = why.Error()
		return list, nil //nolint:nilerr // that there can't be any is an answer
	}
	page, err := service.List(r.Context(), waiting.Query{Execution: x.Execution.ARN, Next: q.Get("after"), Most: most})
	if refused, ok := errors.AsType[*waiting.Error](err); ok && refused.Type == "InvalidToken" {
		return nil, refusef(http.StatusBadRequest, "after: got %q, expected the next of an earlier answer", q.Get("after"))
	}
	if err != nil {
		return nil, err
	}
	list.Total, list.Next = page.Total, page.Next
	for i := range page.Tasks {
		t := waitingTask{Task: &page.Tasks[i]}
		for _, item := range t.Task.Item {
			t.Item = append(t.Item, cut(item, itemBytes))
		}
		list.Tasks = append(list.Tasks, t)
	}
	return list, nil
}

// answerTask ends a task that waits.
func (s *Server) answerTask(r *http.Request, x *Opened) (any, error) {
	var a struct {
		Token  string  `json:"token"`
		Output *string `json:"output"` // of a task that succeeds: a text that is JSON
		Error  string  `json:"error"`  // of one that fails
		Cause  string  `json:"cause"`
	}
	if err := s.allowed(); err != nil {
		return nil, err
	}
	if err := decode(r, &a); err != nil {
		return nil, err
	}
	if (a.Output == nil) == (a.Error == "") {
		return nil, refusef(http.StatusBadRequest, "got an output and an error, or neither, expected one of them")
	}
	if a.Output != nil && !json.Valid([]byte(*a.Output)) {
		return nil, refusef(http.StatusBadRequest, "output: got %s, expected a text that is JSON, such as \"{}\" or \"null\"", protocol.Excerpt([]byte(*a.Output)))
	}
	service, why := x.Waiting()
	if why != nil {
		return nil, refusef(http.StatusConflict, "%v", why)
	}
	task, err := service.Find(r.Context(), x.Execution.ARN, a.Token)
	if err != nil {
		return nil, err
	}
	if a.Output != nil {
		err = service.Succeed(r.Context(), task.Token, *a.Output)
	} else {
		err = service.Fail(r.Context(), task.Token, a.Error, a.Cause)
	}
	return struct{}{}, err
}
