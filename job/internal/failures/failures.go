// Package failures stores the items that did not succeed in the form that items
// come in, so that they can be run again.
package failures

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/answer"
	"github.com/mapjob/mapjob/job/internal/chunk"
	"github.com/mapjob/mapjob/job/internal/upload"
)

// Kept are the items that come with the outcomes of those that did not succeed.
// They are uploaded as they come, and are an object only after Store: until all
// outcomes are known, some of the items could be taken for all.
type Kept struct {
	begin  func(upload.Target) *upload.Object
	to     protocol.Object
	count  int
	items  *upload.Object // nil while there are no items
	errors *upload.Object // of the items
}

// Keep returns a Kept without items, to be stored in an object, and their errors
// beside it.
func Keep(ctx context.Context, store *s3object.Store, to protocol.Object) *Kept {
	return &Kept{begin: func(to upload.Target) *upload.Object { return upload.Begin(ctx, store, to) }, to: to}
}

// Add keeps an item and its error. An empty item is not known and can't be kept.
func (k *Kept) Add(index int, item []byte, name string) {
	if len(item) == 0 {
		return
	}
	if k.items == nil {
		k.items = k.begin(upload.Target{Object: k.to, Metadata: func() map[string]string { return metadata(k.count) }})
		k.errors = k.begin(upload.Target{Object: protocol.ErrorsOf(k.to), Beside: true})
	}
	k.count++
	_ = addLine(k.items, jsonl.OneLine(item))
	_ = addLine(k.errors, failedItem(index, name))
}

// Store writes the objects, if there are items, and returns how many there are. If
// the error wraps [upload.ErrNoMetadata], the objects are stored.
func (k *Kept) Store() (count int, err error) {
	if k.items == nil {
		return 0, nil
	}
	if err := k.errors.Store(); err != nil {
		return 0, err
	}
	return k.count, k.items.Store()
}

// Close ends the upload, without an object if the items are not stored.
func (k *Kept) Close() {
	if k.items != nil {
		k.items.Abandon()
		k.errors.Abandon()
	}
}

// addLine adds a line to an object. If it fails, so does the object's Store.
func addLine(to io.Writer, line []byte) error {
	if _, err := to.Write(line); err != nil {
		return err
	}
	_, err := to.Write([]byte("\n"))
	return err
}

// metadata returns the metadata of an object with so many items.
func metadata(count int) map[string]string {
	return map[string]string{protocol.MetadataCount: strconv.Itoa(count)}
}

// failedItem returns a [protocol.FailedItem] as JSON.
func failedItem(index int, name string) []byte {
	line := strconv.AppendInt([]byte(`{"index":`), int64(index), 10)
	return append(answer.AppendString(append(line, `,"error":`...), name), '}')
}

// Copy reads the items again that the job itself has stored and writes those that
// did not succeed to an object, and their errors beside it. It streams them: the
// account has a few bits of each item. expected is how many items they are, if all
// that the job has are stored. If the error wraps [upload.ErrNoMetadata], the objects
// are stored; if it wraps [ErrUnread], none is.
func Copy(ctx context.Context, store *s3object.Store, items protocol.Items, to protocol.Object, expected int,
	succeeded func(index int) bool, errorOf func(index int) string) error {
	names := upload.Begin(ctx, store, upload.Target{Object: protocol.ErrorsOf(to), Beside: true})
	defer names.Abandon()
	count := 0
	target := upload.Target{Object: to, Expected: metadata(expected), Metadata: func() map[string]string { return metadata(count) }}
	err := upload.To(ctx, store, target, func(w io.Writer) error {
		var written error
		err := eachItem(ctx, store, items, func(index int, item []byte) error {
			if succeeded(index) {
				return nil
			}
			count++
			_ = addLine(names, failedItem(index, errorOf(index)))
			written = addLine(w, jsonl.OneLine(item))
			return written
		})
		if err != nil && written == nil {
			return fmt.Errorf("%w: %w", ErrUnread, err)
		}
		return err
	})
	if err != nil && !errors.Is(err, upload.ErrNoMetadata) {
		return err
	}
	return cmp.Or(names.Store(), err)
}

// ErrUnread is wrapped by the error if the items of a job can't be read again.
var ErrUnread = errors.New("the items can't be read again")

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
			return fmt.Errorf("reading s3://%s/%s: %w after %s, expected one JSON value after the other", bucket, key, err, number.Of(n, "item"))
		}
		if err := do(value); err != nil {
			return err
		}
	}
}
