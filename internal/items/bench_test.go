package items

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
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

// many is a text of n items in a format. Of 200,000 it is longer than an item
// may be.
func many(format Format, n int) []byte {
	note := strings.Repeat("as agreed, ", 8)
	var text bytes.Buffer
	switch format {
	case CSV:
		text.WriteString("id,customer,amount,note\n")
	case JSON:
		text.WriteByte('[')
	}
	for i := range n {
		if format == JSON && i > 0 {
			text.WriteByte(',')
		}
		if format == CSV {
			fmt.Fprintf(&text, "%d,C-%d,12.50,\"%s\"\n", i, i%1000, note)
			continue
		}
		fmt.Fprintf(&text, `{"id":%d,"customer":"C-%d","amount":12.50,"note":"%s"}`, i, i%1000, note)
		if format == JSONL {
			text.WriteByte('\n')
		}
	}
	if format == JSON {
		text.WriteByte(']')
	}
	return text.Bytes()
}

func zip(content string) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(w, content) // a buffer has room
	_ = w.Close()
	return zipped.Bytes()
}

// BenchmarkReader reads 200,000 items, as values for the engine and as text for
// the chunker.
func BenchmarkReader(b *testing.B) {
	const n = 200_000
	forms := map[string]func(*Reader) error{
		"value": func(r *Reader) error { _, err := r.Value(); return err },
		"text":  func(r *Reader) error { _, err := r.Text(); return err },
	}
	for _, format := range []Format{JSONL, JSON, CSV} {
		content := many(format, n)
		for name, next := range forms {
			b.Run(fmt.Sprint(format, " ", name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r := New("file", io.NopCloser(bytes.NewReader(content)), Layout{Format: format})
					for {
						err := next(r)
						if errors.Is(err, io.EOF) {
							break
						}
						if err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "items/s")
			})
		}
	}
}
