package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
)

func TestAnExcerptSaysThatThereIsMore(t *testing.T) {
	for text, expected := range map[string]string{
		"":                         "",
		"abc":                      "abc",
		"abcd":                     "abc…",
		"a\nb":                     `a\u000ab`,
		"äöü":                      "äöü",
		"äöüß":                     "äöü…",
		"💡💡💡":                      "💡💡💡",
		"💡💡💡💡":                     "💡💡💡…",
		strings.Repeat("💡", 1_000): "💡💡💡…",
	} {
		if got := excerpt([]byte(text), 3); got != expected {
			t.Errorf("got %q of %.20q, expected %q", got, text, expected)
		}
	}
}

// cutStore has so many failed items and one error less.
type cutStore int

func (n cutStore) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	line, count := `{"n": "`+strings.Repeat("x", 100)+`"}`+"\n", int(n)
	if strings.HasSuffix(at.Key, ".errors.jsonl") {
		line, count = `{"index": 1, "error": "Refused"}`+"\n", count-1
	}
	if strings.HasSuffix(at.Key, ".json") {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(strings.Repeat(line, count))), nil
}

func (n cutStore) OpenAt(context.Context, protocol.Object, int64) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

func TestLinesAreWholeAfterAnError(t *testing.T) {
	f, err := failed.Count(t.Context(), cutStore(5_000), "arn", &protocol.Folder{Bucket: "b", Prefix: "p"}, 5_000, failed.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := lines(t.Context(), &out, f); err == nil || !strings.Contains(err.Error(), "got an error for each of 4999 items") {
		t.Errorf("got %v, expected that an error is missing", err)
	}
	n := 0
	for line := range bytes.Lines(out.Bytes()) {
		if n++; !json.Valid(line) || !bytes.HasSuffix(line, []byte("\n")) {
			t.Fatalf("line %d: got %q, expected a whole line", n, line)
		}
	}
	if n != 4_999 {
		t.Errorf("got %d lines, expected the 4,999 before the error", n)
	}
}

func TestASearchWithoutResultDoesNotSayThatNoItemFailed(t *testing.T) {
	for _, c := range []struct {
		n                int
		search, expected string
	}{{0, "", "no item failed"}, {0, "ORD-7", `no failed item has the text "ORD-7"`}, {1, "ORD-7", "1 item failed"}} {
		if got := notSucceeded(c.n, c.search); got != c.expected {
			t.Errorf("%d of %q: got %q, expected %q", c.n, c.search, got, c.expected)
		}
	}
}

func TestTheFlagsOfAFilterCanBeTyped(t *testing.T) {
	for name, typed := range map[string]interface{ filter() failed.Filter }{"failures": new(Failures), "rerun": new(Rerun)} {
		filter := failed.Filter{Errors: []string{"Refused", "-5", "a, b"}, Search: "--jsonl"}
		parser, err := kong.New(typed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(filter.Flags()); err != nil {
			t.Errorf("%s %q: %v", name, filter.Flags(), err)
		}
		if got := typed.filter(); !reflect.DeepEqual(got, filter) {
			t.Errorf("%s: got %+v, expected %+v", name, got, filter)
		}
	}
	if words := (failed.Filter{}).Flags(); len(words) > 0 {
		t.Errorf("got %q for all items, expected no flags", words)
	}
}
