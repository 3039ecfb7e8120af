package terminal

import "testing"

func TestWordsOfCounts(t *testing.T) {
	for expected, counts := range map[string]Counts{
		"1 object was written":             {Total: Unknown, Done: 1, Failed: Unknown},
		"1,000 objects were written":       {Total: Unknown, Done: 1000, Failed: Unknown},
		"3 of 10 items done, 1 failed":     {Total: 10, Done: 3, Failed: 1},
		"2,000 of 10 items done, 0 failed": {Total: 10, Done: 2000},
	} {
		if got := counts.words(" of 10"); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}
