package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// objects is the local S3.
type objects interface {
	Read(ctx context.Context, bucket, key string, to io.Writer) error
	Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error]
}

// text is a member of an object that is a string, or nothing.
func text(v any, name string) string {
	s, _ := member(v, name).(string)
	return s
}

// addStored counts outcomes that are in S3: in an object, or those of a chunk
// in the parts of a folder. Items of the chunk that its worker did not begin
// have none.
func (a *account) addStored(answer any) error {
	stored := member(answer, "outcomes")
	bucket := text(stored, "bucket")
	if key := text(stored, "key"); key != "" {
		return a.eachStored(bucket, key, func(_ int, outcome *value.Object) { a.add(outcome) })
	}
	parts, _ := member(stored, "parts").([]any)
	best := map[int]*value.Object{}
	for _, part := range parts {
		name, _ := part.(string)
		if err := a.eachStored(bucket, text(stored, "prefix")+name, keepBest(best)); err != nil {
			return err
		}
	}
	chunk := member(answer, "chunk")
	notBegun, _ := value.Float(member(answer, "notBegun"))
	count, _ := value.Float(member(chunk, "count"))
	if int(count)-len(best) > int(notBegun) { // some are lost
		chunk = nil
	}
	a.addChunk(chunk, best, func(index int) *value.Object {
		return failedOutcome(index, "MapJob.DeadlineExceeded", "the invocation's time was up before the item was done")
	})
	return nil
}

// addFailedChunk counts the items of a chunk whose child execution failed:
// those whose outcomes the worker has stored by what they say, the others as
// failed like the child.
func (a *account) addFailedChunk(child engine.ChildResult, chunk any) error {
	first, _ := value.Float(member(chunk, "first"))
	best := map[int]*value.Object{}
	outcomes := member(member(child.Input, "BatchInput"), "outcomes")
	bucket, folder := text(outcomes, "bucket"), fmt.Sprintf("%s/%012d/", text(outcomes, "prefix"), int(first))
	for key, err := range a.objects.Keys(context.Background(), bucket, folder) {
		if err != nil {
			return err
		}
		if err := a.eachStored(bucket, key, keepBest(best)); err != nil {
			return err
		}
	}
	a.addChunk(chunk, best, func(index int) *value.Object { return failedOutcome(index, child.Error, child.Cause) })
	return nil
}

// addChunk counts the outcomes of a chunk, with others in place of those that
// are not known.
func (a *account) addChunk(chunk any, known map[int]*value.Object, otherwise func(index int) *value.Object) {
	for _, index := range slices.Sorted(maps.Keys(known)) {
		a.add(known[index])
	}
	first, _ := value.Float(member(chunk, "first"))
	count, _ := value.Float(member(chunk, "count"))
	for i := int(first); i < int(first+count); i++ {
		if known[i] == nil {
			a.add(otherwise(i))
		}
	}
}

// keepBest keeps the best outcome of each item, of those that several tries
// have stored: what succeeded, before what failed for good, before what may go
// well another time.
func keepBest(best map[int]*value.Object) func(int, *value.Object) {
	rank := func(outcome *value.Object) int {
		switch retryable, _ := outcome.Get("retryable"); {
		case text(outcome, "status") == "SUCCEEDED":
			return 2
		case retryable != true:
			return 1
		}
		return 0
	}
	return func(index int, outcome *value.Object) {
		if known := best[index]; known == nil || rank(outcome) > rank(known) {
			best[index] = outcome
		}
	}
}

// eachStored reads the outcomes in an object of JSON Lines.
func (a *account) eachStored(bucket, key string, do func(index int, outcome *value.Object)) error {
	var lines bytes.Buffer
	if err := a.objects.Read(context.Background(), bucket, key, &lines); err != nil {
		return err
	}
	for decoder := value.NewDecoder(&lines); ; {
		v, err := decoder.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading s3://%s/%s: %w", bucket, key, err)
		}
		if index, ok := value.Float(member(v, "index")); ok {
			do(int(index), v.(*value.Object))
		}
	}
}
