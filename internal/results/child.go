package results

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Child is a child execution that did not succeed, as FAILED and PENDING files
// list it. If it was never started, it has only a status and an input.
type Child struct {
	ExecutionArn string
	Status       string // of Step Functions, such as FAILED, TIMED_OUT, ABORTED or PENDING
	Input        string // the batch, as JSON
	InputDetails *struct {
		Included bool
	} // nil: Input is included
	Error    string // name; "" if the child was stopped or timed out
	Cause    string
	StopDate string // such as 2026-03-14T01:59:01.000Z; "" if it was never started
}

// stopped returns when the child ended, in milliseconds of Unix time; 0 if that is not
// known.
func (c *Child) stopped() int64 {
	at, err := time.Parse(time.RFC3339, c.StopDate)
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}

// hasInput reports whether c includes its input.
func (c *Child) hasInput() bool {
	return c.Input != "" && (c.InputDetails == nil || c.InputDetails.Included)
}

// FailedChild yields the outcomes of a child execution that failed. Each item of a
// batch fails with the child's error, and so does each item of a chunk of which no
// try has stored an outcome.
func (r Reader) FailedChild(ctx context.Context, c Child, yield Yield) error {
	return (&reading{Reader: r, ctx: ctx, yield: yield}).child(c, Child.Failure)
}

// Failure returns the error that a child execution failed with.
func (c Child) Failure() (name, cause string) {
	switch {
	case c.Error != "":
		return c.Error, protocol.CauseMessage(c.Cause)
	case c.Status == "FAILED": // a Fail state, or an answer to a task token, may name no error
		return "States.TaskFailed", c.Cause
	case c.Status == "TIMED_OUT":
		return "States.Timeout", cmp.Or(c.Cause, "the child execution's time was up")
	}
	return protocol.ErrorAborted, cmp.Or(c.Cause, "the child execution was stopped before it was done")
}

// notStarted returns the error of a child execution that was never started.
func (c Child) notStarted() (name, cause string) {
	return cmp.Or(c.Error, protocol.ErrorNotStarted), cmp.Or(protocol.CauseMessage(c.Cause), causeNotStarted)
}

// causeNotStarted is the cause of an item that ended with
// [protocol.ErrorNotStarted].
const causeNotStarted = "the Map ended before the item was started"

// NotStarted returns the outcome of an item that was not started when its Map ended.
func NotStarted(index int) protocol.Outcome {
	return protocol.Outcome{Index: index, Status: protocol.Failed, Error: protocol.ErrorNotStarted, Cause: causeNotStarted, Retryable: true}
}

// Stopped returns the outcome of an item that was stopped before it was done.
func Stopped(index int) protocol.Outcome {
	name, cause := Child{Status: "ABORTED"}.Failure()
	return protocol.Outcome{Index: index, Status: protocol.Failed, Error: name, Cause: cause, Retryable: true}
}

func (r *reading) child(c Child, errorOf func(Child) (name, cause string)) error {
	var b protocol.Batch[json.RawMessage]
	if err := decode([]byte(c.Input), &b, "the batch of a child execution"); err != nil {
		return err
	}
	name, cause := errorOf(c)
	stopped := c.stopped()
	fail := func(index int, item json.RawMessage) error {
		return r.yield(protocol.Outcome{Index: index, Status: protocol.Failed, Error: name, Cause: cause, Retryable: true, Item: item, BatchEndedAt: stopped})
	}
	if b.Chunk != nil {
		return r.failedChunk(&b, fail)
	}
	if len(b.Items) == 0 {
		return protocol.Errorf(protocol.ErrorInvalidInput, "got no items in %s, expected the batch of a child execution", protocol.Excerpt([]byte(c.Input)))
	}
	for _, item := range b.Items {
		if item.Index < 0 || item.Index >= protocol.MaxItems {
			return protocol.Errorf(protocol.ErrorInvalidInput, "got item %d in the batch of a child execution, expected an index below %d", item.Index, protocol.MaxItems)
		}
		if err := fail(item.Index, item.Item); err != nil {
			return err
		}
	}
	return nil
}
