package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/operate"
)

// mostEvents is the most events of an answer.
const mostEvents = 1000

// history returns a page of the events.
func (s *Server) history(r *http.Request, x *Opened) (any, error) {
	most, err := limit(r.URL.Query(), mostEvents, mostEvents)
	if err != nil {
		return nil, err
	}
	events, next, err := x.Service.History(r.Context(), x.Execution.ARN, r.URL.Query().Get("after"), most)
	if _, invalid := errors.AsType[*types.InvalidToken](err); invalid {
		return nil, refusef(http.StatusBadRequest, "after: got %q, expected the next of an earlier answer, at most a day old, or none for the first events", cut([]byte(r.URL.Query().Get("after")), 100))
	}
	if err != nil {
		return nil, err
	}
	var states operate.States // of the page: an event that begins it may have none
	list := make([]operate.Event, len(events))
	for i := range events {
		list[i] = states.Event(&events[i])
	}
	return map[string]any{"events": list, "next": next, "command": x.Command("history")}, nil
}

// event shows one event with what it carries.
func (s *Server) event(r *http.Request, x *Opened) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return nil, refusef(http.StatusBadRequest, "event: got %q, expected its number", r.PathValue("id"))
	}
	e, err := x.Service.Event(r.Context(), x.Execution.ARN, id)
	if err != nil {
		return nil, err
	}
	return struct {
		operate.Event
		Details any    `json:"details"`
		Command string `json:"command"`
	}{new(operate.States).Event(e), details(e), x.Command("history", "--event", r.PathValue("id"))}, nil
}

// details returns the details of an event: the only member that is a pointer to a struct.
func details(e *types.HistoryEvent) any {
	v := reflect.ValueOf(*e)
	for i := range v.NumField() {
		field := v.Field(i)
		if v.Type().Field(i).IsExported() && field.Kind() == reflect.Pointer && !field.IsNil() && field.Type().Elem().Kind() == reflect.Struct && v.Type().Field(i).Name != "Timestamp" {
			text, err := json.Marshal(field.Interface())
			var known map[string]any
			if err != nil || json.Unmarshal(text, &known) != nil {
				return nil
			}
			for name, value := range known {
				if value == nil || value == "" {
					delete(known, name)
				}
			}
			return known
		}
	}
	return nil
}
