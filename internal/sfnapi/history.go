package sfnapi

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
)

type historyRequest struct {
	ExecutionArn         string
	IncludeExecutionData *bool
	ReverseOrder         bool
	page
}

type historyAnswer struct {
	Events    []map[string]json.RawMessage `json:"events"`
	NextToken string                       `json:"nextToken,omitempty"`
}

// history handles GetExecutionHistory.
func (s *Service) history(request historyRequest) (*historyAnswer, *apiError) {
	size, refused := request.size()
	if refused == nil {
		refused = checkARN("executionArn", request.ExecutionArn, "execution", "express")
	}
	if refused != nil {
		return nil, refused
	}
	operation := "GetExecutionHistory"
	if request.ReverseOrder {
		operation += " in reverse order"
	}
	from, refused := at(&request.page, operation, request.ExecutionArn, int64(-1))
	if refused != nil {
		return nil, refused
	}
	answer := &historyAnswer{Events: []map[string]json.RawMessage{}}
	var failed error
	data := request.IncludeExecutionData == nil || *request.IncludeExecutionData
	found, err := s.archive.History(request.ExecutionArn, from, request.ReverseOrder, func(e archive.Event) bool {
		if len(answer.Events) == size {
			answer.NextToken = nextToken(operation, request.ExecutionArn, from)
			return false
		}
		var shown map[string]json.RawMessage
		if shown, failed = eventOf(e.Text, data); failed != nil {
			return false
		}
		answer.Events = append(answer.Events, shown)
		from = e.Number
		if !request.ReverseOrder {
			from++
		}
		return true
	})
	switch {
	case err != nil:
		return nil, broken(err)
	case failed != nil:
		return nil, broken(failed)
	case !found:
		return nil, refusef("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", request.ExecutionArn)
	}
	return answer, nil
}

// eventOf returns an event as GetExecutionHistory does, from a line of history.jsonl.
func eventOf(text []byte, data bool) (map[string]json.RawMessage, error) {
	var e map[string]json.RawMessage
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, err
	}
	delete(e, "executionArn")
	var happened time.Time
	err := json.Unmarshal(e["timestamp"], &happened)
	if err == nil {
		e["timestamp"], err = json.Marshal(epochOf(happened))
	}
	if err != nil || data {
		return e, err
	}
	for name, details := range e {
		if strings.HasSuffix(name, "EventDetails") {
			if e[name], err = withoutData(details); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

// withoutData leaves the data of an execution out of an event.
func withoutData(details json.RawMessage) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(details, &members); err != nil {
		return nil, err
	}
	for _, name := range []string{"input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables", "assignedVariablesDetails"} {
		delete(members, name)
	}
	return json.Marshal(members)
}
