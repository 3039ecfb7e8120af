package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

// Items by reference: the job start stores them in chunks, the Map iterates
// over the chunks' addresses, and the worker fetches its chunk and stores the
// outcomes while it goes. What a payload has room for no longer matters.

// chunk is the address of items: a line of what the Map iterates over, and
// what a worker is invoked with in place of items.
type chunk struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	First  int    `json:"first"` // the index of the first item
	Count  int    `json:"count"`
}

// maxChunkBytes closes a chunk before its size in items does: a worker holds
// one in memory.
const maxChunkBytes = 16 << 20

// storeChunks stores the items in chunks in a folder, and their addresses in
// their place. Chunks without addresses, after an error, are read by nobody.
func storeChunks[Item any](ctx context.Context, to *place, folder string, size int, items iter.Seq2[Item, error], count *atomic.Int64) error {
	return upload(ctx, to, func(w io.Writer) error {
		addresses := json.NewEncoder(w)
		var lines bytes.Buffer
		encoder := itemEncoder(&lines)
		c := chunk{Bucket: to.Bucket}
		store := func() error {
			c.Key = fmt.Sprintf("%s/%012d.jsonl", folder, c.First)
			if err := put(ctx, c.Bucket, c.Key, lines.Bytes()); err != nil {
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
			if err := encoder.Encode(item); err != nil {
				return err
			}
			count.Add(1)
			if c.Count++; c.Count == size || lines.Len() >= maxChunkBytes {
				if err := store(); err != nil {
					return err
				}
			}
		}
		if c.Count > 0 {
			return store()
		}
		return nil
	})
}

// eachItem reads the items of a chunk with their indexes.
func (c *chunk) eachItem(ctx context.Context, do func(index int, item []byte) error) error {
	index := c.First
	err := eachLine(ctx, c.Bucket, c.Key, func(line []byte) error {
		index++
		return do(index-1, line)
	})
	if err == nil && index != c.First+c.Count {
		err = fmt.Errorf("got %d items in s3://%s/%s, expected %d", index-c.First, c.Bucket, c.Key, c.Count)
	}
	return err
}

// storeEvery is how much work is lost, at most, when a worker crashes.
var storeEvery = time.Second

// chunkStore stores the outcomes of a chunk in parts: S3 has no way to append.
type chunkStore struct {
	folder place
	try    string // tells the parts of this try from those of others

	mutex   sync.Mutex
	lines   []byte // what is not stored yet
	written int
	answer  storedOutcomes
}

// add takes an outcome for the next part.
func (s *chunkStore) add(o *Outcome) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lines = append(appendOutcome(s.lines, o), '\n')
	s.answer.count(o)
}

// follow stores what there is, again and again. Only one goroutine may.
func (s *chunkStore) follow(ctx context.Context, stop <-chan struct{}) {
	ticker := time.NewTicker(storeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			_ = s.store(ctx) // what could not be stored is tried again, in the end for good
		}
	}
}

// store writes what is not stored yet as a part.
func (s *chunkStore) store(ctx context.Context) error {
	s.mutex.Lock()
	lines := s.lines
	s.lines = nil
	s.mutex.Unlock()
	if len(lines) == 0 {
		return nil
	}
	part := partName(s.try, s.written)
	err := put(ctx, s.folder.Bucket, s.folder.Prefix+part, lines)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err != nil {
		s.lines = append(lines, s.lines...)
		return err
	}
	s.written++
	s.answer.Outcomes.Parts = append(s.answer.Outcomes.Parts, part)
	return nil
}
