package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/stack"
)

// event runs a stack that has no job: an event invokes a function, and the run
// is over when nothing is left to do for the queues. The stack cannot say so.
// Filled are the tables that were filled before, by their physical names.
func (r *run) event(ctx context.Context, c *stack.Stack, function string, w *witness, filled map[string]bool) error {
	r.say("sending an event to %s", function)
	began := time.Now()
	result, err := c.InvokeEvent(function, r.input)
	if err != nil {
		return err
	}
	done, followed := make(chan struct{}), make(chan struct{})
	go func() {
		r.follow(done, w.counts)
		close(followed)
	}()
	drained := c.Drain(ctx)
	close(done)
	<-followed

	answer := &eventAnswer{Status: interrupted, Function: function, RunDir: r.folder, DurationMs: time.Since(began).Milliseconds()}
	answer.Known.Answer = json.RawMessage("null")
	var ended invocation.EventResult
	select {
	case ended = <-result:
		if ended.Err != nil {
			return ended.Err
		}
		answer.ends(ended, c.Polls())
	default: // it still goes on
	}
	if drained != nil {
		answer.Status = interrupted
	}
	if err := answer.ask(context.WithoutCancel(ctx), c, filled); err != nil {
		return err
	}
	answer.count(c, w, ended.Began)
	if err := r.tell(answer); err != nil {
		return err
	}
	switch {
	case drained != nil:
		return failed{fmt.Errorf("interrupted: what there is of the run is in %s", r.folder)}
	case ended.Condition != "Success":
		return failed{fmt.Errorf("%s failed with %s\nwhat it wrote is in %s", function, reason(ended), filepath.Join(r.folder, "logs"))}
	case len(ended.Unsent) > 0:
		return failed{errors.Join(ended.Unsent...)}
	}
	r.say("nothing is left to do; everything is in %s", r.folder)
	return nil
}

// tell writes the answer into the run's folder, and prints it.
func (r *run) tell(answer *eventAnswer) error {
	for file, write := range map[string]func(io.Writer) error{"report.json": answer.json, "report.md": answer.markdown} {
		if err := writeFile(filepath.Join(r.folder, file), write); err != nil {
			return err
		}
	}
	if r.JSON {
		return answer.json(r.out)
	}
	return answer.markdown(r.out)
}

// reason is the error of a function, by the name that it has itself where it has
// one.
func reason(r invocation.EventResult) string {
	var named struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(r.Answer, &named) != nil || named.ErrorType == "" {
		return r.FunctionError + ": " + readable(string(r.Answer))
	}
	return named.ErrorType + ": " + named.ErrorMessage
}
