package jsonl_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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

func TestEachLineUpToKeepsTheBeginningOfALongLine(t *testing.T) {
	t.Parallel()
	const limit = 100_000
	fits, long := strings.Repeat("x", limit-1), strings.Repeat("y", 3*limit)
	for text, expected := range map[string]string{
		fits + "\n1":                            "99999 1",
		long + "\n1\n":                          "300001:100000 1",
		"1\n" + long:                            "1 300000:100000",
		long + "\n" + fits + "\n" + long + "\n": "300001:100000 99999 300001:100000",
		fits + "zz\n":                           "100002:100000",
	} {
		var got []string
		err := jsonl.EachLineUpTo(limit, strings.NewReader(text), func(line []byte) error {
			if len(line) < 5 {
				got = append(got, string(line))
			} else {
				got = append(got, strconv.Itoa(len(line)))
			}
			return nil
		}, func(beginning []byte, size int) error {
			got = append(got, fmt.Sprintf("%d:%d", size, len(beginning)))
			return nil
		})
		if all := strings.Join(got, " "); err != nil || all != expected {
			t.Errorf("got %q and error %v of a text of %d bytes, expected %q", all, err, len(text), expected)
		}
	}
	broken := errors.New("broken")
	err := jsonl.EachLineUpTo(1, strings.NewReader("123"), nil, func([]byte, int) error { return broken })
	if err != broken { //nolint:errorlint // not wrapped
		t.Errorf("got error %v, expected that of the function as it is", err)
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
