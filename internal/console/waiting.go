package console

import (
	"encoding/json"
	"net/http"

	"github.com/mapjob/mapjob/internal/operate/waiting"
)

// waitingList is the answer with tasks that wait for an answer to their token. Why says why
// there can't be any.
type waitingList struct {
	*waiting.Page
	Why     string `json:"why,omitempty"`
	Command string `json:"command"`
}

// waiting lists the tasks of an execution on this machine that wait.
func (s *Server) waiting(r *http.Request, x *Opened) (any, error) {
	q := r.URL.Query()
	most, err := limit(q, 100, waiting.MostTasks)
	if err != nil {
		return nil, err
	}
	list := &waitingList{Page: &waiting.Page{Tasks: []waiting.Task{}}, Command: x.Command("waiting")}
	service, why := x.Waiting()
	if why != nil {
		list.Why = why.Error()
		return list, nil //nolint:nilerr // that there can't be any is an answer
	}
	list.Page, err = service.List(r.Context(), x.Execution.ARN, q.Get("after"), most)
	return list, err
}

// answerTask ends a task that waits.
func (s *Server) answerTask(r *http.Request, x *Opened) (any, error) {
	var a struct {
		Token  string           `json:"token"`
		Output *json.RawMessage `json:"output"` // of a task that succeeds
		Error  string           `json:"error"`  // of one that fails
		Cause  string           `json:"cause"`
	}
	if err := decode(r, &a); err != nil {
		return nil, err
	}
	if (a.Output == nil) == (a.Error == "") {
		return nil, refusef(http.StatusBadRequest, "got an output and an error, or neither, expected one of them")
	}
	service, why := x.Waiting()
	if why != nil {
		return nil, refusef(http.StatusConflict, "%v", why)
	}
	var err error
	if a.Output != nil {
		err = service.Succeed(r.Context(), a.Token, string(*a.Output))
	} else {
		err = service.Fail(r.Context(), a.Token, a.Error, a.Cause)
	}
	return struct{}{}, err
}
