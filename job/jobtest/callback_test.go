package jobtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
	"github.com/mapjob/mapjob/job/jobtest"
)

func TestATaskTakesTheAnswersToItsToken(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var tasks jobtest.Tasks
	client := callback.Client{API: &tasks}
	queue := make(chan callback.Token, 1)
	worker := job.Callback(func(_ context.Context, _ string, token callback.Token) error { queue <- token; return nil })
	task := jobtest.Call{First: 7}.Callback(t, &tasks, worker, "payment")
	if o, ended := task.Outcome(); ended {
		t.Fatalf("got %+v, expected an item that waits", o)
	}
	go func() { // the other system
		token := <-queue
		_ = client.Heartbeat(ctx, token)
		_ = client.Heartbeat(ctx, token)
		_ = client.Succeed(ctx, token, 42)
	}()
	select {
	case <-task.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("got no answer")
	}
	o, ended := task.Outcome()
	if !ended || o.Index != 7 || o.Status != job.Succeeded || string(o.Output) != "42" || task.Heartbeats() != 2 {
		t.Errorf("got %+v and %d heartbeats, expected the other system's answer", o, task.Heartbeats())
	}
	token := callback.Token(task.Token)
	for method, err := range map[string]error{"Succeed": client.Succeed(ctx, token, 43), "Fail": client.Fail(ctx, token, errors.New("no")), "Heartbeat": client.Heartbeat(ctx, token)} {
		if !errors.Is(err, callback.ErrTaskTimedOut) {
			t.Errorf("%s: got error %v, expected %v for an item that has ended", method, err, callback.ErrTaskTimedOut)
		}
	}
	if o, _ := task.Outcome(); string(o.Output) != "42" {
		t.Errorf("got %+v, expected the first answer to count", o)
	}
}

func TestATaskEndsByItsWorkersErrorOrByTimeout(t *testing.T) {
	t.Parallel()
	var tasks jobtest.Tasks
	client := callback.Client{API: &tasks}
	failing := job.Callback(func(context.Context, string, string) error { return job.Errorf("BankClosed", "on sundays") })
	if o, ended := tasks.Callback(t, failing, "payment").Outcome(); !ended || o.Status != job.Failed || o.Error != "BankClosed" || o.Cause != "on sundays" {
		t.Errorf("got %+v, expected the worker's own error", o)
	}
	quick := job.Callback(func(ctx context.Context, _ string, token callback.Token) error {
		if err := client.Fail(ctx, token, job.Errorf("Declined", "no")); err != nil {
			return err
		}
		return errors.New("too late")
	})
	if o, _ := tasks.Callback(t, quick, "payment").Outcome(); o.Error != "Declined" || o.Cause != "no" {
		t.Errorf("got %+v, expected the answer that came first", o)
	}
	waiting := tasks.Callback(t, job.Callback(func(context.Context, string, string) error { return nil }), "payment")
	waiting.TimeOut()
	if err := client.Succeed(t.Context(), callback.Token(waiting.Token), 1); !errors.Is(err, callback.ErrTaskTimedOut) {
		t.Errorf("got error %v, expected %v", err, callback.ErrTaskTimedOut)
	}
	if err := client.Heartbeat(t.Context(), "another"); !errors.Is(err, callback.ErrInvalidToken) {
		t.Errorf("got error %v, expected %v for a token of no task", err, callback.ErrInvalidToken)
	}
	if o, _ := waiting.Outcome(); o.Error != "States.Timeout" {
		t.Errorf("got %+v, expected a time-out", o)
	}
}
