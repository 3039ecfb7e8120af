package run

import (
	"os"
	"path/filepath"
	"testing"
)

func outcomesOf(t *testing.T, lines string) *outcomes {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.jsonl")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := readOutcomes(path)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const (
	three = `{"index": 2, "status": "SUCCEEDED"}
{"index": 0, "status": "FAILED", "error": "Refused"}
{"index": 1, "status": "SUCCEEDED"}
`
	cured = `{"index": 0, "status": "SUCCEEDED"}
{"index": 1, "status": "SUCCEEDED"}
{"index": 2, "status": "SUCCEEDED"}
`
	otherwise = `{"index": 0, "status": "FAILED", "error": "Timeout"}
{"index": 1, "status": "FAILED", "error": "Timeout"}
{"index": 2, "status": "FAILED", "error": "Re\u001bfused"}
`
	more = three + `{"index": 3, "status": "FAILED", "error": "Refused"}
`
)

func TestRunsAreCompared(t *testing.T) {
	for name, test := range map[string]struct{ before, after, expected string }{
		"nothing": {three, three, "compared with the run before: 3 items, 1 failed; no item ended otherwise"},
		"an item that newly succeeds": {three, cured, "compared with the run before: 3 items, 0 failed (before: 3 items, 1 failed)" +
			"\n  1 item newly succeeds: 0 (Refused)"},
		"an item that newly fails": {cured, three, "compared with the run before: 3 items, 1 failed (before: 3 items, 0 failed)" +
			"\n  1 item newly fails: 0 (Refused)"},
		"other errors": {three, otherwise, "compared with the run before: 3 items, 3 failed (before: 3 items, 1 failed)" +
			"\n  2 items newly fail: 1 (Timeout), 2 (Re\\u001bfused)" +
			"\n  1 item fails with another error: 0 (Timeout, before Refused)"},
		"more items":  {three, more, "compared with the run before: 4 items, 2 failed (before: 3 items, 1 failed); no item ended otherwise"},
		"fewer items": {more, three, "compared with the run before: 3 items, 1 failed (before: 4 items, 2 failed); no item ended otherwise"},
		"no items":    {three, "", "compared with the run before: 0 items, 0 failed (before: 3 items, 1 failed); no item ended otherwise"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := outcomesOf(t, test.after).against(outcomesOf(t, test.before)); got != test.expected {
				t.Errorf("got\n%s\nexpected\n%s", got, test.expected)
			}
		})
	}
}

func TestOnlyTheFirstOfManyItemsAreNamed(t *testing.T) {
	after := &outcomes{errors: map[int]string{}, ended: make([]bool, 20_000), items: 20_000}
	before := &outcomes{errors: map[int]string{}, ended: make([]bool, 20_000), items: 20_000}
	for i := range 20_000 {
		after.ended[i], before.ended[i] = true, true
		if i%2 == 1 {
			after.errors[i] = "Refused"
		}
	}
	expected := "compared with the run before: 20,000 items, 10,000 failed (before: 20,000 items, 0 failed)" +
		"\n  10,000 items newly fail: 1 (Refused), 3 (Refused), 5 (Refused), 7 (Refused), 9 (Refused) and 9,995 more"
	if got := after.against(before); got != expected {
		t.Errorf("got\n%s\nexpected\n%s", got, expected)
	}
}
