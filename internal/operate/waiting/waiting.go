// Package waiting lists the tasks on this machine that wait for an answer to their task
// token, and answers them. AWS has no operation that lists them.
package waiting

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Task is a task that waits.
type Task struct {
	Token      string            `json:"token"`
	Execution  string            `json:"execution"` // the ARN; inside a Distributed Map that of the child
	State      string            `json:"state"`
	Resource   string            `json:"resource"`
	Since      time.Time         `json:"since"`
	Until      *time.Time        `json:"until,omitempty"`         // when it times out without an answer or a heartbeat
	Heartbeat  *time.Time        `json:"lastHeartbeat,omitempty"` // when it came
	First      int               `json:"firstItem"`               // index of the first of its items, in a job that of the execution
	Items      int               `json:"items,omitempty"`         // their number; 0 outside of a Map
	Item       []json.RawMessage `json:"item,omitempty"`          // the items themselves, of a job
	Input      string            `json:"input"`                   // what was sent with the token; the beginning, if it is long
	InputBytes int               `json:"inputBytes"`              // of all of it
}

// Page is a page of tasks, the one that waits longest first.
type Page struct {
	Tasks []Task `json:"tasks"`
	Total int    `json:"total"`          // on all pages
	Next  string `json:"next,omitempty"` // where the next page begins
}

// Service is the Step Functions of a run on this machine.
type Service struct{ URL string }

// MostTasks is the largest page.
const MostTasks = 1000

// Query says which tasks are listed.
type Query struct {
	Execution string // ARN; with those of its Map Runs and of the executions that it waits for
	State     string // only those of this state; "": of any
	Next      string // that of the page before; "": the first page
	Most      int    // on the page

	token string // only those whose token begins so
}

// List returns a page of tasks.
func (s *Service) List(ctx context.Context, q Query) (*Page, error) {
	var answer struct {
		WaitingTasks []struct {
			TaskToken, ExecutionARN, StateName, Resource, Input string
			StartDate, TimeoutDate, LastHeartbeatDate           float64
			FirstItem, Items, InputBytes                        int
		}
		Total     int
		NextToken string
	}
	request := map[string]any{"executionArn": q.Execution, "maxResults": q.Most}
	for name, value := range map[string]string{"nextToken": q.Next, "stateName": q.State, "taskToken": q.token} {
		if value != "" {
			request[name] = value
		}
	}
	if err := s.call(ctx, "MapJob.ListWaitingTasks", request, &answer); err != nil {
		return nil, err
	}
	page := &Page{Tasks: make([]Task, len(answer.WaitingTasks)), Total: answer.Total, Next: answer.NextToken}
	for i := range answer.WaitingTasks {
		t := &answer.WaitingTasks[i]
		page.Tasks[i] = Task{t.TaskToken, t.ExecutionARN, t.StateName, t.Resource, instant(t.StartDate), timeOf(t.TimeoutDate), timeOf(t.LastHeartbeatDate),
			t.FirstItem, t.Items, nil, t.Input, t.InputBytes}
		page.Tasks[i].ofJob()
	}
	return page, nil
}

// ofJob takes the items from what a job has sent to its worker. The index of each is that
// among all items of the execution. If another state machine has sent it, the items are those of
// the Map. Of an input that is cut, only the index is taken.
func (t *Task) ofJob() {
	var batch protocol.Batch[jsontext.Value]
	input := jsontext.NewDecoder(strings.NewReader(t.Input))
	cut := members(input, func(name string) error {
		if name != "Payload" {
			return input.SkipValue()
		}
		return members(input, func(name string) error {
			switch name {
			case "BatchInput":
				return jsonv2.UnmarshalDecode(input, &batch.BatchInput)
			case "Items":
				return indexed(input, &batch.Items)
			case "Chunk":
				return jsonv2.UnmarshalDecode(input, &batch.Chunk)
			}
			return input.SkipValue()
		})
	})
	switch {
	case batch.BatchInput.Execution == "":
	case batch.Chunk != nil:
		t.First, t.Items = batch.Chunk.First, batch.Chunk.Count
	case len(batch.Items) > 0:
		t.First = batch.Items[0].Index
		if cut != nil {
			return
		}
		t.Items = len(batch.Items)
		for _, item := range batch.Items {
			t.Item = append(t.Item, json.RawMessage(item.Item))
		}
	}
}

// members reads an object, each of its members with read.
func members(d *jsontext.Decoder, read func(name string) error) error {
	return values(d, '{', func() error {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		return read(name.String())
	})
}

// values reads an array or an object, which begins as it says.
func values(d *jsontext.Decoder, begin jsontext.Kind, read func() error) error {
	if got := d.PeekKind(); got != begin {
		return fmt.Errorf("got %v, expected %v", got, begin)
	}
	_, err := d.ReadToken()
	for err == nil {
		switch d.PeekKind() {
		case '}', ']':
			_, err := d.ReadToken()
			return err
		}
		err = read()
	}
	return err
}

// indexed reads items. If there is an error, the last one may be without its item.
func indexed(d *jsontext.Decoder, items *[]protocol.Indexed[jsontext.Value]) error {
	return values(d, '[', func() error {
		index := -1
		item := protocol.Indexed[jsontext.Value]{}
		err := members(d, func(name string) (err error) {
			switch name {
			case "index":
				return jsonv2.UnmarshalDecode(d, &index)
			case "item":
				item.Item, err = d.ReadValue()
				item.Item = item.Item.Clone()
				return err
			}
			return d.SkipValue()
		})
		if index < 0 {
			return cmp.Or(err, errors.New("got an item without index"))
		}
		item.Index = index
		*items = append(*items, item)
		return err
	})
}

// instant returns the time of seconds since 1970.
func instant(seconds float64) time.Time {
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
}

// timeOf returns the time of seconds since 1970; nil for 0.
func timeOf(seconds float64) *time.Time {
	if seconds == 0 {
		return nil
	}
	at := instant(seconds)
	return &at
}

// NoTaskError is returned for a token that is not that of one task of an execution.
type NoTaskError struct{ Token, Why string }

func (e *NoTaskError) Error() string { return fmt.Sprintf("got token %q, %s", e.Token, e.Why) }

// leastToken is how much of a token has to be given.
const leastToken = 8

// Find returns the task of an execution whose token is this one, or begins with it.
func (s *Service) Find(ctx context.Context, execution, token string) (*Task, error) {
	if len(token) < leastToken {
		return nil, &NoTaskError{token, fmt.Sprintf("expected at least its first %d characters", leastToken)}
	}
	page, err := s.List(ctx, Query{Execution: execution, Most: 1, token: token})
	switch {
	case err != nil:
		return nil, err
	case page.Total > 1:
		return nil, &NoTaskError{token, fmt.Sprintf("with which %d tokens begin, expected more of it", page.Total)}
	case page.Total == 0 || !strings.HasPrefix(page.Tasks[0].Token, token):
		return nil, &NoTaskError{token, "expected that of a task of this execution that waits: it may have been answered, or have timed out"}
	}
	return &page.Tasks[0], nil
}

// Succeed ends a task with an output, which is JSON.
func (s *Service) Succeed(ctx context.Context, token, output string) error {
	return s.call(ctx, "AWSStepFunctions.SendTaskSuccess", map[string]string{"taskToken": token, "output": output}, &struct{}{})
}

// Fail ends a task with an error. The cause may be empty.
func (s *Service) Fail(ctx context.Context, token, name, cause string) error {
	return s.call(ctx, "AWSStepFunctions.SendTaskFailure", map[string]string{"taskToken": token, "error": name, "cause": cause}, &struct{}{})
}

// Error is a refusal of Step Functions.
type Error struct{ Type, Message string }

func (e *Error) Error() string {
	switch e.Type {
	case "TaskTimedOut", "InvalidToken":
		return "no task waits with this token: it was answered, it timed out, or its execution has ended"
	}
	return e.Message
}

// client answers soon: the service is on this machine.
var client = &http.Client{Timeout: 30 * time.Second}

func (s *Service) call(ctx context.Context, operation string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	got, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("asking the process that runs the execution: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	if got.StatusCode == http.StatusOK {
		return json.Unmarshal(text, answer)
	}
	var refused struct {
		Type    string `json:"__type"`
		Message string
	}
	if json.Unmarshal(text, &refused) != nil || refused.Type == "" {
		return fmt.Errorf("the process that runs the execution answered %s", got.Status)
	}
	return &Error{refused.Type, refused.Message}
}
