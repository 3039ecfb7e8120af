package tally_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/report"
	"pgregory.net/rapid"
)

func TestTheErrorOfEachItemIsKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		expected := rapid.MapOf(rapid.IntRange(0, 20_000), rapid.SampledFrom([]string{"Bad", "Late", "Crash", "", report.OtherErrors})).Draw(t, "errors")
		e := &tally.ItemErrors{}
		n := 0
		for index, name := range expected {
			e.Add(index, name)
			if n++; n%5 == 0 && e.Of(index) != tally.Name(name) { // looking sorts what there is
				t.Fatalf("got %q for item %d at once, expected %q", e.Of(index), index, name)
			}
		}
		for index, name := range expected {
			if got := e.Of(index); got != tally.Name(name) {
				t.Fatalf("got %q for item %d, expected %q", got, index, tally.Name(name))
			}
		}
	})
}

func TestErrorsOfItemsTakeFewBytes(t *testing.T) {
	const n = 2_000_000
	for name, c := range map[string]struct {
		step  int // one of so many items failed
		error func(index int) string
		most  int64 // bytes
	}{
		"all failed with the same error": {1, func(int) string { return "Down" }, 64 << 10},
		"two errors":                     {1, func(i int) string { return fmt.Sprint("E", i%2) }, 8 * n / 2},
		"one in a thousand":              {1000, func(i int) string { return fmt.Sprint("E", i/1000%3) }, 64 << 10},
		"as many errors as items":        {1, func(i int) string { return fmt.Sprint("Order", i) }, 8*n + 8<<20},
	} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e := &tally.ItemErrors{}
		for i := 0; i < n; i += c.step {
			e.Add(i, c.error(i))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > c.most {
			t.Errorf("%s: got %d bytes, expected at most %d", name, grown, c.most)
		}
		for i := 0; i < n; i += c.step * 97 {
			if got := e.Of(i); got != c.error(i) && (got != report.OtherErrors || i < 1<<16-2) {
				t.Fatalf("%s: got %q for item %d", name, got, i)
			}
		}
	}
}
