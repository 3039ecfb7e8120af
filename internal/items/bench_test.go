package items

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// many returns a text of n items in a format. Of 200,000 it is longer than an item
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

// forms read one item.
var forms = map[string]func(*Reader) error{
	"value": func(r *Reader) error { _, err := r.Value(); return err },
	"text":  func(r *Reader) error { _, err := r.Text(); return err },
}

// BenchmarkReader reads 200,000 items, as values for the engine and as text for
// the chunker.
func BenchmarkReader(b *testing.B) {
	const n = 200_000
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
