package terminal

import "testing"

func TestWordsOfCounts(t *testing.T) {
	for expected, counts := range map[string]Counts{
		"1 object was written":                {Total: Unknown, Done: 1, Failed: Unknown},
		"1,000 objects were written":          {Total: Unknown, Done: 1000, Failed: Unknown},
		"1 item done, 0 failed":               {Total: Unknown, Done: 1},
		"2 items done, 1 failed":              {Total: Unknown, Done: 2, Failed: 1},
		"1 of 1 item done, 1 failed":          {Total: 1, Done: 1, Failed: 1},
		"3 of 10 items done, 1 failed":        {Total: 10, Done: 3, Failed: 1},
		"2,000 of 3,000 items done, 0 failed": {Total: 3000, Done: 2000},
	} {
		if got := counts.words(); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}
