// Package table counts what the runs of a sweep have reached.
package table

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table counts what the runs of a sweep have reached.
type Table struct {
	Runs    int
	Reached map[string]int // runs by invariant

	struck, states, statuses map[string]int
}

// Run is what a run has reached.
type Run struct {
	Reached  map[string]bool // invariants
	Struck   map[string]bool // kinds of faults
	States   map[string]bool // that were entered
	Statuses map[string]int  // of executions
}

// New returns an empty table.
func New() *Table {
	return &Table{Reached: map[string]int{}, struck: map[string]int{}, states: map[string]int{}, statuses: map[string]int{}}
}

// NewRun returns a run that has reached nothing.
func NewRun() Run {
	return Run{Reached: map[string]bool{}, Struck: map[string]bool{}, States: map[string]bool{}, Statuses: map[string]int{}}
}

// Add adds a run.
func (t *Table) Add(r *Run) {
	t.Runs++
	for _, c := range []struct {
		to   map[string]int
		from map[string]bool
	}{{t.Reached, r.Reached}, {t.struck, r.Struck}, {t.states, r.States}} {
		for name := range c.from {
			c.to[name]++
		}
	}
	for name, n := range r.Statuses {
		t.statuses[name] += n
	}
}

// String returns the counts, the largest first.
func (t *Table) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "runs\t%d\n", t.Runs)
	for _, part := range []struct {
		title  string
		counts map[string]int
	}{{"invariants reached in runs", t.Reached}, {"faults that struck in runs", t.struck}, {"executions", t.statuses}, {"states entered in runs", t.states}} {
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
