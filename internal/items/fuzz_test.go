package items

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// writeRow writes a row so that it is read as it was.
func writeRow(to []byte, delimiter byte, fields []string) []byte {
	quote := strings.NewReplacer(`"`, `""`, `\`, `\\`)
	for i, field := range fields {
		if i > 0 {
			to = append(to, delimiter)
		}
		to = append(append(append(to, '"'), quote.Replace(field)...), '"')
	}
	return append(to, '\n')
}

// readRows reads a text to its end or its first error.
func readRows(text []byte, delimiter byte) (list [][]string, err error) {
	r := rows{in: newInput("file", io.NopCloser(bytes.NewReader(text))), delimiter: delimiter}
	for {
		if err := r.next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return list, err
		}
		var row []string
		for i := range r.fields {
			row = append(row, string(r.field(i)))
		}
		list = append(list, row)
	}
}

// FuzzRows reads any text. Its rows, written again, are read as they were.
func FuzzRows(f *testing.F) {
	paths, err := filepath.Glob("testdata/csv/*.csv")
	if err != nil || len(paths) < 40 {
		f.Fatalf("got %d files and error %v, expected 40 or more", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, choice uint8) {
		delimiter := ",|; \t"[choice%5]
		first, err := readRows(text, delimiter)
		if err == nil && !utf8.Valid(text) {
			t.Fatalf("got no error for %q, expected one: it is not UTF-8", text)
		}
		var written []byte
		for _, row := range first {
			written = writeRow(written, delimiter, row)
		}
		again, err := readRows(written, delimiter)
		if err != nil || len(again) != len(first) {
			t.Fatalf("got %d rows of %q and error %v, expected %d", len(again), written, err, len(first))
		}
		for i := range first {
			if strings.Join(first[i], "\x00") != strings.Join(again[i], "\x00") || len(first[i]) != len(again[i]) {
				t.Fatalf("got row %d %q of %q, expected %q", i, again[i], written, first[i])
			}
		}
	})
}

// FuzzForms reads any text in both forms. They are the same items, and the same
// error after them.
func FuzzForms(f *testing.F) {
	for _, s := range samples(f) {
		text, err := os.ReadFile(s.path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, string(s.layout.Format), s.layout.Delimiter)
	}
	f.Add([]byte(",\"\n0"), string(CSV), byte(';')) // no table with commas
	f.Fuzz(func(t *testing.T, text []byte, format string, delimiter byte) {
		if delimiter >= utf8.RuneSelf || strings.IndexByte("\"\\\r\n", delimiter) >= 0 {
			t.Skip("not a delimiter")
		}
		layout := Layout{Format: Format(format), Delimiter: delimiter}
		open := func() *Reader { return New("file", io.NopCloser(bytes.NewReader(text)), layout) }
		asText, errText := texts(open())
		asValue, errValue := values(open())
		if (errText == nil) != (errValue == nil) || errText != nil && errText.Error() != errValue.Error() {
			t.Fatalf("got error %v as values of %q, expected %v", errValue, text, errText)
		}
		if expected := asValues(t, asText); asValue != expected {
			t.Fatalf("got the values %q of %q, expected %q", asValue, text, expected)
		}
		for line := range strings.Lines(asText) {
			if !json.Valid([]byte(line)) || !utf8.ValidString(line) {
				t.Fatalf("got the item %q of %q, expected JSON", line, text)
			}
		}
	})
}
