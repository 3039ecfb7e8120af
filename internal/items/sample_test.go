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
	"testing/iotest"

	"github.com/mapjob/mapjob/internal/value"
)

// sample is a file of testdata. Beside it stand its items, in NAME.jsonl, or a
// part of its error, in NAME.err, and in NAME.layout a layout that is not the
// default.
type sample struct {
	path     string
	layout   Layout
	standard bool // the layout is the default
	items    string
	err      string
}

func samples(t testing.TB) []sample {
	var list []sample
	for ending, format := range map[string]Format{"csv": CSV, "json": JSON, "ndjson": JSONL} {
		paths, err := filepath.Glob("testdata/*/*." + ending)
		if err != nil || len(paths) < 20 {
			t.Fatalf("got %d files of %s and error %v, expected them all", len(paths), format, err)
		}
		for _, path := range paths {
			s := sample{path: path, layout: Layout{Format: format}, standard: true}
			name := strings.TrimSuffix(path, ending)
			if text, err := os.ReadFile(name + "layout"); err == nil {
				var layout struct {
					Headers   []string
					Delimiter string
				}
				if err := json.Unmarshal(text, &layout); err != nil {
					t.Fatal(err)
				}
				s.layout.Headers, s.standard = layout.Headers, false
				s.layout.Delimiter = map[string]byte{"": 0, "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}[layout.Delimiter]
			}
			text, err := os.ReadFile(name + "err")
			if err == nil {
				s.err = strings.TrimSuffix(string(text), "\n")
			} else if text, err = os.ReadFile(name + "jsonl"); err == nil {
				s.items = string(text)
			}
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
	}
	return list
}

// values reads a text to its end. Its items are one a line.
func values(r *Reader) (string, error) {
	defer r.Close()
	var list bytes.Buffer
	for {
		v, err := r.Value()
		if errors.Is(err, io.EOF) {
			return list.String(), nil
		}
		if err != nil {
			return list.String(), err
		}
		list.Write(value.Append(nil, v))
		list.WriteByte('\n')
	}
}

func texts(r *Reader) (string, error) {
	var list bytes.Buffer
	for text, err := range r.Texts() {
		if err != nil {
			return list.String(), err
		}
		list.Write(text)
		list.WriteByte('\n')
	}
	return list.String(), nil
}

// asValues returns what values does for JSON Lines.
func asValues(t testing.TB, lines string) string {
	var list []byte
	for line := range strings.Lines(lines) {
		v, err := value.Parse([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list = append(value.Append(list, v), '\n')
	}
	return string(list)
}

func TestSamplesAreReadAlikeInBothForms(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.path, func(t *testing.T) {
			content, err := os.ReadFile(s.path)
			if err != nil {
				t.Fatal(err)
			}
			open := func(content io.Reader) *Reader { return New("file", io.NopCloser(content), s.layout) }
			got, err := texts(open(bytes.NewReader(content)))
			gotValues, errValues := values(open(bytes.NewReader(content)))
			if s.err != "" {
				if err == nil || !strings.Contains(err.Error(), s.err) {
					t.Fatalf("got %q and error %v, expected %s", got, err, s.err)
				}
				if errValues == nil || errValues.Error() != err.Error() || gotValues != asValues(t, got) {
					t.Errorf("got the values %q and error %v, expected those of the text %q and %v", gotValues, errValues, got, err)
				}
				return
			}
			if err != nil || got != s.items {
				t.Fatalf("got %q and error %v, expected %q", got, err, s.items)
			}
			if errValues != nil || gotValues != asValues(t, s.items) {
				t.Errorf("got the values %q and error %v, expected %q", gotValues, errValues, asValues(t, s.items))
			}
			for name, content := range map[string]io.Reader{"a byte": iotest.OneByteReader(bytes.NewReader(content)), "data with the end": iotest.DataErrReader(bytes.NewReader(content))} {
				if got, err := texts(open(content)); err != nil || got != s.items {
					t.Errorf("in pieces of %s: got %q and error %v, expected %q", name, got, err, s.items)
				}
			}
			if !s.standard {
				return
			}
			var file strings.Builder
			for text, err := range File(s.path) {
				if err != nil {
					t.Fatal(err)
				}
				file.WriteString(string(text) + "\n")
			}
			if got := file.String(); got != s.items {
				t.Errorf("got %q of the file, expected %q", got, s.items)
			}
		})
	}
}
