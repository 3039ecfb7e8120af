package report

import (
	"cmp"
	"slices"
)

// Timed is an item and the time that it took, with all its attempts.
type Timed struct {
	Index int   `json:"index"`
	Ms    int64 `json:"ms"`
}

// maxSlowest is the number of slowest items that a report lists.
const maxSlowest = 10

// noteTime adds an item to the slowest ones if it is one of them.
func (a *Account) noteTime(index int, ms int64) {
	if ms == 0 || len(a.Slowest) == maxSlowest && ms <= a.Slowest[maxSlowest-1].Ms {
		return
	}
	at, _ := slices.BinarySearchFunc(a.Slowest, ms, func(s Timed, ms int64) int { return cmp.Or(cmp.Compare(ms, s.Ms), -1) })
	a.Slowest = slices.Insert(a.Slowest, at, Timed{index, ms})
	a.Slowest = a.Slowest[:min(len(a.Slowest), maxSlowest)]
}
