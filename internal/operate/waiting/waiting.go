// Package waiting lists the tasks on this machine that wait for an answer to their task
// token, and answers them. AWS has no operation that lists them.
package waiting

import (
	"bytes"
	"context"
	"encoding/json"
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
// among all items of the execution. If the input was cut, or another state machine has sent it,
// the items are those of the Map.
func (t *Task) ofJob() {
	var input struct {
		Payload protocol.Batch[jsontext.Value] `json:"Payload"`
	}
	if jsonv2.Unmarshal([]byte(t.Input), &input) != nil || input.Payload.BatchInput.Execution == "" {
		return
	}
	batch := &input.Payload
	if batch.Chunk != nil {
		t.First, t.Items = batch.Chunk.First, batch.Chunk.Count
		return
	}
	for i, item := range batch.Items {
		if i == 0 {
			t.First, t.Items = item.Index, len(batch.Items)
		}
		t.Item = append(t.Item, json.RawMessage(item.Item))
	}
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
