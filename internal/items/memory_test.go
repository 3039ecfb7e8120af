package items

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// memory are objects in memory, by their address.
type memory map[string][]byte

var errMissing = errors.New("got no such object")

func (m memory) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	content, ok := m[address(bucket, key)]
	if !ok {
		return nil, fmt.Errorf("%s: %w", address(bucket, key), errMissing)
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (m memory) List(_ context.Context, bucket, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for _, key := range m.keys(address(bucket, prefix)) {
			object := Object{Key: strings.TrimPrefix(key, address(bucket, "")), Size: int64(len(m[key])), ETag: `"e"`, LastModified: modified, StorageClass: "STANDARD"}
			if !yield(object, nil) {
				return
			}
		}
	}
}

var modified = time.Unix(1700000000, 0)

// keys returns the addresses with this beginning, in order.
func (m memory) keys(prefix string) []string {
	var keys []string
	for key := range m {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func zip(content string) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(w, content) // a buffer has room
	_ = w.Close()
	return zipped.Bytes()
}
