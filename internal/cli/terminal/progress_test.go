package terminal

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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

// A job that starts slowly, works, stands still and goes on.
func TestProgressFollowsTheLastSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := NewProgress(&out)
		began := time.Now()
		end := p.Follow(func() Counts {
			seconds := time.Since(began).Seconds()
			worked := max(0, min(seconds, 80)-60) + max(0, seconds-140) // not for a minute, and not for another one
			return Counts{Total: 10_000, Done: min(10_000, int(worked*250+0.5))}
		})
		time.Sleep(165 * time.Second)
		end()
		lines := strings.Split(out.String(), "\n")
		for _, expected := range []string{
			"  74.0s  3,500 of 10,000 items done, 0 failed, 250 a second, 26s left",
			"  92.0s  5,000 of 10,000 items done, 0 failed, none in the last 12s",
			" 154.0s  8,500 of 10,000 items done, 0 failed, 250 a second, 6s left",
			" 160.0s  10,000 of 10,000 items done, 0 failed, 63 a second on average",
		} {
			if !slices.Contains(lines, expected) {
				t.Errorf("got no line %q in\n%s", expected, out.String())
			}
		}
		standing := 0
		for _, line := range lines {
			if strings.Contains(line, "none in the last") {
				standing++
			}
		}
		if standing != 1 {
			t.Errorf("got %d lines that the count stands still, expected one", standing)
		}
	})
}
