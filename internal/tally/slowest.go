package tally

import (
	"cmp"
	"slices"

	"github.com/mapjob/mapjob/job/report"
)

// maxSlowest is the number of slowest items that a report lists.
const maxSlowest = 10

// noteTime adds an item to the slowest ones if it is one of them.
func (t *Tally) noteTime(index int, ms int64) {
	if ms == 0 || len(t.Slowest) == maxSlowest && ms <= t.Slowest[maxSlowest-1].Ms {
		return
	}
	at, _ := slices.BinarySearchFunc(t.Slowest, ms, func(s report.Timed, ms int64) int { return cmp.Or(cmp.Compare(ms, s.Ms), -1) })
	t.Slowest = slices.Insert(t.Slowest, at, report.Timed{Index: index, Ms: ms})
	t.Slowest = t.Slowest[:min(len(t.Slowest), maxSlowest)]
}
