package output_test

import (
	"testing"

	"github.com/mapjob/mapjob/test/docs/output"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		expected, got string
		matches       bool
	}{
		{"a\nb\n", "a\nb\n\n", true},
		{"a\nb\n", "a\nc\n", false},
		{"a\n", "a\nb\n", false},
		{"a\nb\n", "a\n", false},
		{"a\n…\nd\n", "a\nb\nc\nd\n", true},
		{"a\n…\nd\n", "a\nd\n", true},
		{"a\n…\nd\n", "a\nb\n", false},
		{"…\nb\n", "a\nb\nb\n", true},
		{"item 2  {\"a\":1,…\n", "item 2 {\"a\":1,\"b\":2}\n", true},
		{"item 2  {\"a\":1,…\n", "item 2 {\"a\":2}\n", false},
		{"20261128-092440-91b8: 140 items\n", "20261129-000001-ffff: 140 items\n", true},
		{"20261128-092440-91b8: 140 items\n", "20261129-000001-ffff: 141 items\n", false},
		{"started 2026-11-28 09:26:07, 280ms\n", "started 2026-12-01 10:00:00, 1m 2.5s\n", true},
		{"took 29m 42s\n", "took 29 m\n", false},
		{"at http://127.0.0.1:1/x\n", "at http://127.0.0.1:45678/x\n", true},
		{"1.5% of 3 items\n", "1.6% of 3 items\n", false},
		{"DURATION  END\n1s        x\n", "DURATION END\n250ms x\n", true},
	} {
		if got := output.Matches(c.expected, c.got); got != c.matches {
			t.Errorf("got %t for %q and %q", got, c.expected, c.got)
		}
	}
	if !output.Contains("b\n", "a\nb\nc\n") || output.Contains("b\nc\n", "a\nb\nx\nc\n") {
		t.Error("got another excerpt than lines that follow each other")
	}
}
