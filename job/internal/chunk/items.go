// Package chunk stores items and outcomes for a job that passes its items by
// reference. The job start stores the items in chunks, the Map iterates over the
// addresses of the chunks, and a worker fetches its chunk and stores outcomes
// while it works. So neither items nor outcomes have to fit into a payload.
package chunk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/upload"
)

// maxBytes closes a chunk before it has all its items, because a worker holds a
// chunk in memory: two items of the largest size at most, less a byte.
const maxBytes = protocol.MaxItem

// Write stores the items in chunks in a folder, up to size items in each, and
// the addresses of the chunks in an object. It counts the items. After an error
// there may be chunks without addresses, which nothing reads.
func Write[Item any](ctx context.Context, store *s3object.Store, to protocol.Object, folder protocol.Folder,
	size int, items iter.Seq2[Item, error], count *atomic.Int64) error {
	return upload.To(ctx, store, upload.Target{Object: to}, func(w io.Writer) error {
		addresses := json.NewEncoder(w)
		var lines bytes.Buffer
		encoder := NewEncoder(&lines)
		c := protocol.Chunk{Bucket: to.Bucket}
		flush := func() error {
			c.Key = folder.Chunk(c.First)
			if err := store.Put(ctx, c.Bucket, c.Key, lines.Bytes()); err != nil {
				return err
			}
			lines.Reset()
			err := addresses.Encode(c)
			c.First, c.Count = c.First+c.Count, 0
			return err
		}
		for item, err := range items {
			if err != nil {
				return err
			}
			before := lines.Len()
			if err := encoder.Encode(item); err != nil {
				return err
			}
			if n := lines.Len() - before - len("\n"); n > protocol.MaxItem {
				return fmt.Errorf("got an item of %s bytes, expected %s at most: store what is large in S3 and let the item be its address",
					number.Thousands(n), number.Thousands(protocol.MaxItem))
			}
			count.Add(1)
			if c.Count++; c.Count == size || lines.Len() >= maxBytes {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if c.Count > 0 {
			return flush()
		}
		return nil
	})
}

// NewEncoder returns an encoder that writes items as they are, one a line.
// Escaping them for HTML would make them longer.
func NewEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// EachItem reads the items of a chunk, each with its index.
func EachItem(ctx context.Context, store *s3object.Store, c protocol.Chunk, do func(index int, item []byte) error) error {
	index := c.First
	err := EachLine(ctx, store, c.Bucket, c.Key, func(line []byte) error {
		index++
		return do(index-1, line)
	})
	if err == nil && index != c.First+c.Count {
		err = fmt.Errorf("got %s in s3://%s/%s, expected %d", number.Of(index-c.First, "item"), c.Bucket, c.Key, c.Count)
	}
	return err
}

// EachLine reads an object of JSON Lines.
func EachLine(ctx context.Context, store *s3object.Store, bucket, key string, do func(line []byte) error) error {
	object, err := store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer object.Close()
	return jsonl.EachLine(object, do)
}
