package sfntest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// table counts what the runs of a sweep have reached.
type table struct {
	runs                              int
	reached, struck, states, statuses map[string]int
}

func newTable() table {
	return table{reached: map[string]int{}, struck: map[string]int{}, states: map[string]int{}, statuses: map[string]int{}}
}

func (t *table) add(r *result) {
	t.runs++
	for _, c := range []struct {
		to   map[string]int
		from map[string]bool
	}{{t.reached, r.reached}, {t.struck, r.struck}, {t.states, r.states}} {
		for name := range c.from {
			c.to[name]++
		}
	}
	for name, n := range r.statuses {
		t.statuses[name] += n
	}
}

// String returns the counts, the largest first.
func (t *table) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "runs\t%d\n", t.runs)
	for _, part := range []struct {
		title  string
		counts map[string]int
	}{{"invariants reached in runs", t.reached}, {"faults that struck in runs", t.struck}, {"executions", t.statuses}, {"states entered in runs", t.states}} {
		fmt.Fprintf(w, "%s\t\n", part.title)
		names := slices.SortedFunc(maps.Keys(part.counts), func(a, b string) int {
			return cmp.Or(part.counts[b]-part.counts[a], strings.Compare(a, b))
		})
		for _, name := range names {
			fmt.Fprintf(w, "  %s\t%d\n", name, part.counts[name])
		}
	}
	_ = w.Flush() // a strings.Builder does not fail
	return text.String()
}
