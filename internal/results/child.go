package results

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Child is a child execution that did not succeed.
type Child struct {
	Status string // of Step Functions, such as FAILED, TIMED_OUT or ABORTED
	Input  string // the batch, as JSON
	Error  string // name; "" if the child was stopped or timed out
	Cause  string
}

// FailedChild yields the outcomes of a child execution that failed: of a batch,
// each item fails as the child did; of a chunk, only those items whose outcomes
// no try has stored.
func (r Reader) FailedChild(ctx context.Context, c Child, yield Yield) error {
	return r.child(ctx, c, Child.failure, yield)
}

// failure returns the error that a child execution failed with.
func (c Child) failure() (name, cause string) {
	switch {
	case c.Error != "":
		return c.Error, protocol.CauseMessage(c.Cause)
	case c.Status == "TIMED_OUT":
		return "States.Timeout", cmp.Or(c.Cause, "the child execution's time was up")
	}
	return protocol.ErrorAborted, cmp.Or(c.Cause, "the child execution was stopped before it was done")
}

// notStarted returns the error of a child execution that was never started.
func (c Child) notStarted() (name, cause string) {
	return cmp.Or(c.Error, protocol.ErrorNotStarted), protocol.CauseMessage(c.Cause)
}

func (r Reader) child(ctx context.Context, c Child, why func(Child) (name, cause string), yield Yield) error {
	var b protocol.Batch[json.RawMessage]
	if err := decode([]byte(c.Input), &b, "the batch of a child execution"); err != nil {
		return err
	}
	name, cause := why(c)
	fail := func(index int, item json.RawMessage) error {
		return yield(protocol.Outcome{Index: index, Status: protocol.Failed, Error: name, Cause: cause, Retryable: true, Item: item})
	}
	if b.Chunk != nil {
		return r.failedChunk(ctx, &b, yield, fail)
	}
	for _, item := range b.Items {
		if err := fail(item.Index, item.Item); err != nil {
			return err
		}
	}
	return nil
}
