package functionlog

import (
	"cmp"
	"slices"
)

// Counts are the lines of failed items, counted.
type Counts struct {
	Lines      int          `json:"lines"`
	Items      int          `json:"items"`      // different items that lines name
	NotStarted int          `json:"notStarted"` // items that were not started before the time was up
	Errors     []ErrorLines `json:"errors"`     // lines by error, most frequent first

	seen   map[int]uint64 // bits of indexes
	byName map[string]int
}

// ErrorLines is how many items the lines with an error are about. An item with several
// lines counts several times.
type ErrorLines struct {
	Error string `json:"error"`
	Count int    `json:"count"`
}

// mostCounted is how many names of errors are counted.
const mostCounted = 10_000

// Add counts a line.
func (c *Counts) Add(l *Line) {
	if c.byName == nil {
		c.seen, c.byName = map[int]uint64{}, map[string]int{}
	}
	c.Lines++
	n := 1
	if l.Message == messageNotStarted {
		n = l.Count
		c.NotStarted += n
	} else if bit := uint64(1) << (*l.Index % 64); c.seen[*l.Index/64]&bit == 0 {
		c.seen[*l.Index/64] |= bit
		c.Items++
	}
	if _, known := c.byName[l.Error]; known || len(c.byName) < mostCounted {
		c.byName[l.Error] += n
	} else {
		c.byName["others"] += n
	}
}

// Sort sorts the errors. Call it after the last line.
func (c *Counts) Sort() {
	c.Errors = []ErrorLines{}
	for name, n := range c.byName {
		c.Errors = append(c.Errors, ErrorLines{Error: name, Count: n})
	}
	slices.SortFunc(c.Errors, func(a, b ErrorLines) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Error, b.Error)) })
}
