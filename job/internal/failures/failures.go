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
	"os"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/chunk"
	"github.com/mapjob/mapjob/job/internal/upload"
)

// Kept are items that came with their outcomes. They are in a file until all
// outcomes are known, because an upload that has begun can leave an object
// behind. If the file can't be written, nothing is kept: some of the items could
// be taken for all. The zero Kept is empty.
type Kept struct {
	file  *os.File // nil while there are no items
	lines *bufio.Writer
	err   error
}

// Add keeps an item.
func (k *Kept) Add(item []byte) {
	if len(item) > 0 && k.err == nil {
		k.err = k.add(item)
	}
}

func (k *Kept) add(item []byte) (err error) {
	if k.file == nil {
		if k.file, err = os.CreateTemp("", "failures-*.jsonl"); err != nil {
			return err
		}
		k.lines = bufio.NewWriterSize(k.file, 1<<16)
	}
	if _, err = k.lines.Write(jsonl.OneLine(item)); err != nil {
		return err
	}
	return k.lines.WriteByte('\n')
}

// Flush returns an error if not all items are kept.
func (k *Kept) Flush() error {
	if k.file != nil && k.err == nil {
		k.err = k.lines.Flush()
	}
	return k.err
}

// Store writes the items to an object, if there are any.
func (k *Kept) Store(ctx context.Context, store *s3object.Store, log *slog.Logger, to protocol.Object) error {
	if k.file == nil {
		return nil
	}
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return upload.To(ctx, store, log, to, func(w io.Writer) error {
		_, err := io.Copy(w, k.file)
		return err
	})
}

// Close deletes the file.
func (k *Kept) Close() {
	if k.file != nil {
		k.file.Close()
		os.Remove(k.file.Name())
	}
}

// Copy reads the items of a job again and writes those that did not succeed to
// an object. It streams them: the account has two bits of each item.
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
