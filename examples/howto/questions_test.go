package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
)

// TooLarge is an error that a state machine can catch by its name.
type TooLarge struct{ Bytes int }

func (e TooLarge) Error() string { return fmt.Sprintf("%d bytes are too many", e.Bytes) }

// The names that Retry and Catch see of a function in Go.
func TestNamesOfErrors(t *testing.T) {
	stack := sfntest.Parse(t, []byte(`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
		"Parameters": {"FunctionName": "work", "Payload": {}}, "End": true}}}`))
	// docs: names
	cases := []struct {
		err  error
		name string
	}{
		{TooLarge{9}, "TooLarge"},
		{&TooLarge{9}, "TooLarge"},
		{errors.New("9 bytes are too many"), "errorString"},
		{fmt.Errorf("order o-1: %w", TooLarge{9}), "wrapError"},
		{errors.Join(TooLarge{9}), "joinError"},
		{messages.InvokeResponse_Error{Type: "Too.Large", Message: "9 bytes"}, "Too.Large"},
	}
	// docs: end
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			w := sfntest.New(t, stack, sfntest.HandleFunc("work", func(context.Context, any) (any, error) { return nil, c.err }))
			x := w.Start("", nil)
			x.RunToEnd()
			if err := x.Err(); err == nil || err.Name != c.name {
				t.Errorf("%T: got %v, expected the name %s", c.err, x.Err(), c.name)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, sfntest.Handle("work", job.Function(func(context.Context, any) (any, error) {
			return nil, fmt.Errorf("order o-1: %w", job.Errorf("TooLarge", "9 bytes"))
		})))
		x := w.Start("", nil)
		x.RunToEnd()
		if err := x.Err(); err == nil || err.Name != "TooLarge" {
			t.Errorf("got %v, expected the name of the wrapped error", x.Err())
		}
	})
}
