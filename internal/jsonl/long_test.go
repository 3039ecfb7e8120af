package jsonl_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/jsonl"
)

// endless gives a letter for so many bytes.
type endless struct{ left, read int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := min(int64(len(p)), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range n {
		p[i] = 'x'
	}
	e.left -= n
	e.read += n
	return int(n), nil
}

func TestALineWithoutEndIsNotHeld(t *testing.T) {
	from := &endless{left: 5 << 30}
	err := jsonl.EachLine(io.MultiReader(strings.NewReader("1\n\n"), from), func([]byte) error { return nil })
	long, ok := errors.AsType[*jsonl.LongLineError](err)
	if !ok || long.Line != 3 || long.Most != jsonl.MaxLine {
		t.Errorf("got %v, expected that line 3 is too long", err)
	}
	if from.read > jsonl.MaxLine+1<<20 {
		t.Errorf("got %d bytes read, expected that the reading ends at the limit", from.read)
	}
}

func TestAnAllowanceIsForEachElement(t *testing.T) {
	allowance := jsonl.Allow(strings.NewReader(`["aaaa", "bbbb", "`+strings.Repeat("c", 5000)+`"]`), 600)
	elements := json.NewDecoder(allowance)
	_, err := elements.Token()
	n := 0
	for ; err == nil && elements.More(); n++ {
		var text string
		if err = elements.Decode(&text); err == nil {
			allowance.Renew()
		}
	}
	if n != 3 || err == nil || err.Error() != "got more than 600 bytes in one value, expected a smaller one" {
		t.Errorf("got %v at element %d, expected that the third is too large", err, n)
	}
	whole, err := io.ReadAll(jsonl.Allow(strings.NewReader("12345"), 5))
	if string(whole) != "12345" || err != nil {
		t.Errorf("got %q and %v, expected all that is allowed", whole, err)
	}
}
