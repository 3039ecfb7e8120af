package jobtest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/internal/taskapi"
)

// Task is an item of a callback worker that waits for its token to be
// answered. It takes the answers in place of Step Functions, until the test
// ends.
type Task struct {
	Token string

	mutex      sync.Mutex
	outcome    job.Outcome
	heartbeats int
	ended      chan struct{}
}

// Callback has a callback worker hand on one item.
func Callback(t testing.TB, worker job.Handler, item any) *Task {
	t.Helper()
	return Call{}.Callback(t, worker, item)
}

// Callback has a callback worker hand on one item. An invocation that fails
// ends the item.
func (c Call) Callback(t testing.TB, worker job.Handler, item any) *Task {
	t.Helper()
	task := &Task{Token: rand.Text(), ended: make(chan struct{}), outcome: job.Outcome{Index: c.First}}
	t.Cleanup(taskapi.StandIn(task.Token, standIn{task}))
	payload, err := json.Marshal(map[string]any{
		"BatchInput": c.about(), "Items": []any{map[string]any{"index": c.First, "item": item}}, "TaskToken": task.Token})
	if err != nil {
		t.Fatalf("writing the payload: %v", err)
	}
	if _, err := c.Invoke(worker, payload); err != nil {
		o := job.Outcome{Status: job.Failed, Error: job.NameOf(err), Cause: err.Error()}
		var lambda messages.InvokeResponse_Error
		if errors.As(err, &lambda) {
			o.Error, o.Cause = lambda.Type, lambda.Message
		}
		_ = task.end(o) // a token that was answered in spite of the error has ended the item before
	}
	return task
}

// Outcome is what became of the item, if it has ended.
func (k *Task) Outcome() (outcome job.Outcome, ended bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.outcome, k.outcome.Status != ""
}

// Done is closed when the item ends.
func (k *Task) Done() <-chan struct{} { return k.ended }

// Heartbeats is how often the token had one.
func (k *Task) Heartbeats() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.heartbeats
}

// TimeOut ends the item as Step Functions does when the task's time is up.
func (k *Task) TimeOut() { _ = k.end(job.Outcome{Status: job.Failed, Error: "States.Timeout"}) }

// end takes the first answer; to any other the task is gone.
func (k *Task) end(o job.Outcome) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.outcome.Status != "" {
		return gone()
	}
	o.Index = k.outcome.Index
	k.outcome = o
	close(k.ended)
	return nil
}

// standIn is what answers to a task's token are sent to.
type standIn struct{ *Task }

func (s standIn) SendTaskSuccess(_ context.Context, in *sfn.SendTaskSuccessInput, _ ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error) {
	return &sfn.SendTaskSuccessOutput{}, s.end(job.Outcome{Status: job.Succeeded, Output: json.RawMessage(*in.Output)})
}

func (s standIn) SendTaskFailure(_ context.Context, in *sfn.SendTaskFailureInput, _ ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error) {
	return &sfn.SendTaskFailureOutput{}, s.end(job.Outcome{Status: job.Failed, Error: *in.Error, Cause: *in.Cause})
}

func (s standIn) SendTaskHeartbeat(context.Context, *sfn.SendTaskHeartbeatInput, ...func(*sfn.Options)) (*sfn.SendTaskHeartbeatOutput, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.outcome.Status != "" {
		return nil, gone()
	}
	s.heartbeats++
	return &sfn.SendTaskHeartbeatOutput{}, nil
}

func gone() error { return &types.TaskTimedOut{Message: aws.String("the item has ended")} }
