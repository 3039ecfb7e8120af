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
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
)

// Tasks takes answers to task tokens in place of Step Functions: it is the API of
// a callback.Client. The zero Tasks is ready to use, and its methods may be
// called at the same time.
type Tasks struct {
	mutex sync.Mutex
	tasks map[string]*Task // by token
}

// Task is an item of a callback worker. It waits for its token to be answered.
type Task struct {
	Token string

	mutex      sync.Mutex
	outcome    job.Outcome
	heartbeats int
	done       chan struct{}
}

// Callback invokes worker with one item and returns its Task, which waits for the
// token to be answered.
func (k *Tasks) Callback(t testing.TB, worker job.Handler, item any) *Task {
	t.Helper()
	return Call{}.Callback(t, k, worker, item)
}

// Callback invokes worker with one item and returns its Task, which waits for the
// token to be answered. If the invocation fails, so does the item.
func (c Call) Callback(t testing.TB, tasks *Tasks, worker job.Handler, item any) *Task {
	t.Helper()
	task := tasks.add(c.First)
	payload, err := json.Marshal(protocol.Batch[any]{BatchInput: c.batchInput(),
		Items: []protocol.Indexed[any]{{Index: c.First, Item: item}}, TaskToken: task.Token})
	if err != nil {
		t.Fatalf("writing the payload: %v", err)
	}
	if _, err := c.Invoke(worker, payload); err != nil {
		o := job.Outcome{Status: job.Failed, Error: job.NameOf(err), Cause: err.Error()}
		var raised messages.InvokeResponse_Error
		if errors.As(err, &raised) {
			o.Cause = raised.Message
		}
		_ = task.end(o) // an answer that came before the error counts
	}
	return task
}

func (k *Tasks) add(index int) *Task {
	task := &Task{Token: rand.Text(), done: make(chan struct{}), outcome: job.Outcome{Index: index}}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.tasks == nil {
		k.tasks = map[string]*Task{}
	}
	k.tasks[task.Token] = task
	return task
}

func (k *Tasks) find(token *string) (*Task, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if task := k.tasks[aws.ToString(token)]; task != nil {
		return task, nil
	}
	return nil, &types.TaskDoesNotExist{Message: aws.String("no task of this test has the token")}
}

// Outcome returns how the item ended, if it has.
func (k *Task) Outcome() (outcome job.Outcome, ended bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.outcome, k.outcome.Status != ""
}

// Done returns a channel that is closed when the item ends.
func (k *Task) Done() <-chan struct{} { return k.done }

// Heartbeats returns how many heartbeats the task has had.
func (k *Task) Heartbeats() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.heartbeats
}

// TimeOut ends the item as Step Functions does when the task's time is up.
func (k *Task) TimeOut() { _ = k.end(job.Outcome{Status: job.Failed, Error: "States.Timeout"}) }

// end takes the first answer. For any other, the task has ended.
func (k *Task) end(o job.Outcome) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.outcome.Status != "" {
		return hasEnded()
	}
	o.Index = k.outcome.Index
	k.outcome = o
	close(k.done)
	return nil
}

// SendTaskSuccess ends the token's item with a result.
func (k *Tasks) SendTaskSuccess(_ context.Context, in *sfn.SendTaskSuccessInput, _ ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error) {
	task, err := k.find(in.TaskToken)
	if err != nil {
		return nil, err
	}
	return &sfn.SendTaskSuccessOutput{}, task.end(job.Outcome{Status: job.Succeeded, Output: json.RawMessage(aws.ToString(in.Output))})
}

// SendTaskFailure ends the token's item with an error.
func (k *Tasks) SendTaskFailure(_ context.Context, in *sfn.SendTaskFailureInput, _ ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error) {
	task, err := k.find(in.TaskToken)
	if err != nil {
		return nil, err
	}
	return &sfn.SendTaskFailureOutput{}, task.end(job.Outcome{Status: job.Failed, Error: aws.ToString(in.Error), Cause: aws.ToString(in.Cause)})
}

// SendTaskHeartbeat counts a heartbeat of the token's item.
func (k *Tasks) SendTaskHeartbeat(_ context.Context, in *sfn.SendTaskHeartbeatInput, _ ...func(*sfn.Options)) (*sfn.SendTaskHeartbeatOutput, error) {
	task, err := k.find(in.TaskToken)
	if err != nil {
		return nil, err
	}
	task.mutex.Lock()
	defer task.mutex.Unlock()
	if task.outcome.Status != "" {
		return nil, hasEnded()
	}
	task.heartbeats++
	return &sfn.SendTaskHeartbeatOutput{}, nil
}

func hasEnded() error { return &types.TaskTimedOut{Message: aws.String("the item has ended")} }
