package report

import (
	"cmp"
	"slices"
)

// Timed is an item with the time that it took, all its tries together.
type Timed struct {
	Index int   `json:"index"`
	Ms    int64 `json:"ms"`
}

// maxSlowest is how many of the slowest items a report shows.
const maxSlowest = 10

// noteTime keeps the slowest items, the slowest first.
func (a *Account) noteTime(index int, ms int64) {
	if ms == 0 || len(a.Slowest) == maxSlowest && ms <= a.Slowest[maxSlowest-1].Ms {
		return
	}
	at, _ := slices.BinarySearchFunc(a.Slowest, ms, func(s Timed, ms int64) int { return cmp.Or(cmp.Compare(ms, s.Ms), -1) })
	a.Slowest = slices.Insert(a.Slowest, at, Timed{index, ms})
	a.Slowest = a.Slowest[:min(len(a.Slowest), maxSlowest)]
}
