package jsonl_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mapjob/mapjob/internal/jsonl"
)

func TestEachLineYieldsLinesOfAnyLengthWithoutWhiteSpace(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	for text, expected := range map[string][]string{
		"":                          nil,
		"\n \r\n":                   nil,
		"1":                         {"1"},
		"1\n\n 2 \r\n3\n":           {"1", "2", "3"},
		long + "\n" + long + "y\n1": {long, long + "y", "1"},
	} {
		var got []string
		err := jsonl.EachLine(iotest.HalfReader(strings.NewReader(text)), func(line []byte) error {
			got = append(got, string(line))
			return nil
		})
		if err != nil || !slices.Equal(got, expected) {
			t.Errorf("got %d lines and error %v of %.20q, expected %d", len(got), err, text, len(expected))
		}
	}
}

func TestEachLineEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	seen := 0
	count := func([]byte) error { seen++; return nil }
	if err := jsonl.EachLine(io.MultiReader(strings.NewReader("1\n2"), iotest.ErrReader(broken)), count); !errors.Is(err, broken) || seen != 1 {
		t.Errorf("got error %v after %d lines, expected the reader's after one whole line", err, seen)
	}
	if err := jsonl.EachLine(strings.NewReader("1\n2\n"), func([]byte) error { return broken }); err != broken { //nolint:errorlint // not wrapped
		t.Errorf("got error %v, expected that of the function as it is", err)
	}
}

func TestOneLineKeepsTheValue(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{"{\n \"a\": 1.50\r\n}": `{"a":1.50}`, `{"a": 1}`: `{"a": 1}`, "no\nJSON": "no\nJSON"} {
		if got := string(jsonl.OneLine([]byte(text))); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}
