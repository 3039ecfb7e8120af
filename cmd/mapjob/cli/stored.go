package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/mapjob/mapjob/local/engine"
	"github.com/mapjob/mapjob/local/value"
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

// addStored counts outcomes that are in S3: in an object, or in the parts of a
// folder.
func (a *account) addStored(stored any) error {
	var keys []string
	if key := text(stored, "key"); key != "" {
		keys = append(keys, key)
	}
	parts, _ := member(stored, "parts").([]any)
	for _, part := range parts {
		name, _ := part.(string)
		keys = append(keys, text(stored, "prefix")+name)
	}
	for _, key := range keys {
		if err := a.addObject(text(stored, "bucket"), key, nil); err != nil {
			return err
		}
	}
	return nil
}

// addFailedChunk counts the items of a chunk whose child execution failed:
// those whose outcomes the worker has stored by what they say, the others as
// failed like the child.
func (a *account) addFailedChunk(child engine.ChildResult, chunk any) error {
	first, _ := value.Float(member(chunk, "first"))
	count, _ := value.Float(member(chunk, "count"))
	known := map[int]bool{}
	outcomes := member(member(child.Input, "BatchInput"), "outcomes")
	bucket, folder := text(outcomes, "bucket"), fmt.Sprintf("%s/%012d/", text(outcomes, "prefix"), int(first))
	for key, err := range a.objects.Keys(context.Background(), bucket, folder) {
		if err != nil {
			return err
		}
		if err := a.addObject(bucket, key, known); err != nil {
			return err
		}
	}
	for i := int(first); i < int(first+count); i++ {
		if !known[i] {
			a.add(failedOutcome(i, child.Error, child.Cause))
		}
	}
	return nil
}

// addObject counts the outcomes in an object of JSON Lines, each item's first
// where known is given.
func (a *account) addObject(bucket, key string, known map[int]bool) error {
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
		outcome, ok := v.(*value.Object)
		if !ok {
			continue
		}
		if index, ok := value.Float(member(outcome, "index")); ok && known != nil {
			if known[int(index)] {
				continue
			}
			known[int(index)] = true
		}
		a.add(outcome)
	}
}
