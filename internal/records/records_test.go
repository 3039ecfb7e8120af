package records_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/records"
)

// read is the records of a file with this text, and the error that ended them.
func read(t *testing.T, name, text string) ([]string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var list []string
	for record, err := range records.Read(name) {
		if err != nil {
			return list, err
		}
		list = append(list, string(record))
	}
	return list, nil
}

func TestRecords(t *testing.T) {
	for name, c := range map[string]struct{ file, text, expected string }{
		"lines":              {"a.jsonl", "{\"a\":1}\n\n  [2] \r\n\"x\"", `{"a":1} [2] "x"`},
		"no lines":           {"a.jsonl", "\n\n", ``},
		"byte order mark":    {"a.ndjson", "\uFEFF{}\n", `{}`},
		"rows":               {"a.csv", "id,note\n1,\"a \"\"b\"\"\nc\"\n2,\n", `{"id":"1","note":"a \"b\"\nc"} {"id":"2","note":""}`},
		"rows of JSON":       {"a.csv", "id,lines\n1,\"[{\"\"q\"\":2}]\"\n2,[broken\n3,{}\n", `{"id":"1","lines":[{"q":2}]} {"id":"2","lines":"[broken"} {"id":"3","lines":{}}`},
		"a header alone":     {"a.csv", "id\n", ``},
		"mark before header": {"A.CSV", "\uFEFFid\n7\n", `{"id":"7"}`},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := read(t, c.file, c.text)
			if got := strings.Join(list, " "); err != nil || got != c.expected {
				t.Errorf("got %s and error %v, expected %s", got, err, c.expected)
			}
		})
	}
}

func TestBrokenFilesAreNamedWithTheLine(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		before     int // records that come before the error
		expected   string
	}{
		"a broken line":  {"a.jsonl", "{}\n\n{\"a\":\n{}\n", 1, `a.jsonl:3: got {"a":, expected one JSON value in the line`},
		"two values":     {"a.jsonl", "{} {}\n", 0, `a.jsonl:1: got {} {}, expected one JSON value in the line`},
		"a long line":    {"a.jsonl", strings.Repeat("x", 1000), 0, "a.jsonl:1: got " + strings.Repeat("x", 80) + "…, expected"},
		"too few cells":  {"a.csv", "a,b\n1,2\n3\n", 1, "a.csv:3: got 1 cells, expected 2 as in the first row"},
		"too many cells": {"a.csv", "a\n\"x\ny\"\n1,2\n", 1, "a.csv:4: got 2 cells, expected 1"},
		"a stray quote":  {"a.csv", "a\nx\"y\n", 0, `a.csv:2: bare " in non-quoted-field`},
		"nothing":        {"a.csv", "", 0, "a.csv: got an empty file, expected a first row with the names of the columns"},
		"another ending": {"a.txt", "", 0, "got file a.txt, expected one that ends in .jsonl or .csv"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := read(t, c.file, c.text)
			if err == nil || !strings.Contains(err.Error(), c.expected) || len(list) != c.before {
				t.Errorf("got error %v after %d records, expected %q after %d", err, len(list), c.expected, c.before)
			}
		})
	}
	for _, err := range records.Read(filepath.Join(t.TempDir(), "missing.csv")) {
		if !os.IsNotExist(err) {
			t.Errorf("got %v, expected a file that is not there", err)
		}
	}
}
