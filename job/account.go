package job

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/mapjob/mapjob/job/report"
)

// account counts every item once, by its index, in one bit per item.
type account struct {
	seen      []uint64
	succeeded int
	failed    int
	repeated  int // outcomes of items that had one already
	errors    map[string]*report.ErrorCount
	examples  []report.Failure
}

// Most failures that a report shows one by one; the rest is in the results.
const maxExamples = 50

// add counts an outcome, and reports whether it is the item's first.
func (a *account) add(o *Outcome) bool {
	word, bit := o.Index/64, uint64(1)<<(o.Index%64)
	for word >= len(a.seen) {
		a.seen = append(a.seen, make([]uint64, max(64, len(a.seen)))...)
	}
	if a.seen[word]&bit != 0 {
		a.repeated++
		return false
	}
	a.seen[word] |= bit
	if o.Status == Succeeded {
		a.succeeded++
		return true
	}
	a.failed++
	a.count(o.Error, o.Cause, 1)
	if len(a.examples) < maxExamples {
		a.examples = append(a.examples, report.Failure{Index: o.Index, Error: o.Error, Cause: o.Cause})
	}
	return true
}

func (a *account) count(name, cause string, n int) {
	if a.errors == nil {
		a.errors = map[string]*report.ErrorCount{}
	}
	e := a.errors[name]
	if e == nil {
		e = &report.ErrorCount{Name: name, Example: cause}
		a.errors[name] = e
	}
	e.Count += n
}

// unseen is how many of the first total items have no outcome.
func (a *account) unseen(total int) int {
	seen := 0
	for word, w := range a.seen {
		if left := total - word*64; left < 64 {
			if left <= 0 {
				break
			}
			w &= 1<<left - 1
		}
		seen += bits.OnesCount64(w)
	}
	return total - seen
}

// byCount lists the errors, the most frequent first.
func (a *account) byCount() []report.ErrorCount {
	list := make([]report.ErrorCount, 0, len(a.errors))
	for _, e := range a.errors {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(x, y report.ErrorCount) int {
		return cmp.Or(y.Count-x.Count, cmp.Compare(x.Name, y.Name))
	})
	return list
}
