// Package failures stores the items that did not succeed in the form that items
// come in, so that they can be run again.
package failures

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/chunk"
	"github.com/mapjob/mapjob/job/internal/upload"
)

// Kept are the items that come with the outcomes of those that did not succeed.
// They are uploaded as they come, and are an object only after Store: until all
// outcomes are known, some of the items could be taken for all.
type Kept struct {
	upload   func(write func(io.Writer) error) error
	count    int
	lines    *bufio.Writer // nil while there are no items
	pipe     *io.PipeWriter
	uploaded chan error
}

// Keep returns a Kept without items, to be stored in an object.
func Keep(ctx context.Context, store *s3object.Store, log *slog.Logger, to protocol.Object) *Kept {
	return &Kept{upload: func(write func(io.Writer) error) error { return upload.To(ctx, store, log, to, write) }}
}

// Add keeps an item. An empty one is not known and can't be kept.
func (k *Kept) Add(item []byte) {
	if len(item) == 0 {
		return
	}
	if k.lines == nil {
		k.begin()
	}
	k.count++
	// The pipe ends with the error of the upload, which Store returns.
	_, _ = k.lines.Write(jsonl.OneLine(item))
	_ = k.lines.WriteByte('\n')
}

func (k *Kept) begin() {
	items, pipe := io.Pipe()
	k.pipe, k.lines, k.uploaded = pipe, bufio.NewWriterSize(pipe, 1<<16), make(chan error, 1)
	go func() {
		err := k.upload(func(w io.Writer) error {
			_, err := io.Copy(w, items)
			return err
		})
		items.CloseWithError(err)
		k.uploaded <- err
	}()
}

// Store writes the object, if there are items, and returns how many there are.
func (k *Kept) Store() (count int, err error) {
	if k.lines == nil {
		return 0, nil
	}
	_ = k.lines.Flush() // as in Add
	k.pipe.Close()
	k.lines = nil
	return k.count, <-k.uploaded
}

// Close ends the upload, without an object if the items are not stored.
func (k *Kept) Close() {
	if k.lines != nil {
		k.pipe.CloseWithError(errors.New("the items that failed are not stored: the summary has failed"))
		<-k.uploaded
	}
}

// Copy reads the items again that the job itself has stored and writes those that
// did not succeed to an object. It streams them: the account has two bits of each
// item.
func Copy(ctx context.Context, store *s3object.Store, log *slog.Logger, items protocol.Items, to protocol.Object, succeeded func(index int) bool) error {
	return upload.To(ctx, store, log, to, func(w io.Writer) error {
		return eachItem(ctx, store, items, func(index int, item []byte) error {
			if succeeded(index) {
				return nil
			}
			if _, err := w.Write(jsonl.OneLine(item)); err != nil {
				return err
			}
			_, err := io.WriteString(w, "\n")
			return err
		})
	})
}

// eachItem reads the items of a job, in the order of their indexes.
func eachItem(ctx context.Context, store *s3object.Store, items protocol.Items, do func(index int, item []byte) error) error {
	if items.Chunked {
		return chunk.EachLine(ctx, store, items.Bucket, items.Key, func(line []byte) error {
			var c protocol.Chunk
			if err := json.Unmarshal(line, &c); err != nil {
				return fmt.Errorf("reading s3://%s/%s: %w in %s, expected the address of a chunk", items.Bucket, items.Key, err, protocol.Excerpt(line))
			}
			return chunk.EachItem(ctx, store, c, do)
		})
	}
	index := 0
	return eachValue(ctx, store, items.Bucket, items.Key, func(item []byte) error {
		index++
		return do(index-1, item)
	})
}

// eachValue reads an object of JSON values. It counts them as the ItemReader of
// a Map does, value by value: a line may have several, and a value may go over
// several lines. A value is valid until do returns.
func eachValue(ctx context.Context, store *s3object.Store, bucket, key string, do func(value []byte) error) error {
	object, err := store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer object.Close()
	values := json.NewDecoder(object)
	var value json.RawMessage
	for n := 0; ; n++ {
		err := values.Decode(&value)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading s3://%s/%s: %w after %d items, expected one JSON value after the other", bucket, key, err, n)
		}
		if err := do(value); err != nil {
			return err
		}
	}
}
