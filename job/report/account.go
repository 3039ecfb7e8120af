package report

import (
	"cmp"
	"math/bits"
	"slices"
)

// Account counts every item once, by its index, in one bit an item. The zero
// Account is empty and ready to use.
type Account struct {
	Succeeded int
	Failed    int
	Repeated  int       // outcomes of items that had one already
	Failures  []Failure // the first of them

	seen   []uint64
	errors map[string]*ErrorCount
}

// maxFailures is how many failures a report shows one by one.
const maxFailures = 50

// Succeed counts an item that succeeded. It reports whether it is the first
// outcome of this item; any other is not counted.
func (a *Account) Succeed(index int) bool {
	if !a.see(index) {
		return false
	}
	a.Succeeded++
	return true
}

// Fail counts an item that failed, like Succeed.
func (a *Account) Fail(index int, name, cause string) bool {
	if !a.see(index) {
		return false
	}
	a.FailUnseen(1, name, cause)
	if len(a.Failures) < maxFailures {
		a.Failures = append(a.Failures, Failure{Index: index, Error: name, Cause: cause})
	}
	return true
}

// FailUnseen counts n items as failed whose indexes are not known.
func (a *Account) FailUnseen(n int, name, cause string) {
	if a.errors == nil {
		a.errors = map[string]*ErrorCount{}
	}
	e := a.errors[name]
	if e == nil {
		e = &ErrorCount{Name: name, Example: cause}
		a.errors[name] = e
	}
	e.Count += n
	a.Failed += n
}

func (a *Account) see(index int) bool {
	word, bit := index/64, uint64(1)<<(index%64)
	if word >= len(a.seen) {
		a.seen = append(a.seen, make([]uint64, word+1-len(a.seen))...)
	}
	if a.seen[word]&bit != 0 {
		a.Repeated++
		return false
	}
	a.seen[word] |= bit
	return true
}

// Missing is how many of the items 0 to total-1 have no outcome.
func (a *Account) Missing(total int) int {
	seen := 0
	for word, w := range a.seen {
		left := total - word*64
		if left <= 0 {
			break
		}
		if left < 64 {
			w &= 1<<left - 1
		}
		seen += bits.OnesCount64(w)
	}
	return total - seen
}

// Errors lists the errors by which items failed, the most frequent first.
func (a *Account) Errors() []ErrorCount {
	list := make([]ErrorCount, 0, len(a.errors))
	for _, e := range a.errors {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(x, y ErrorCount) int {
		return cmp.Or(y.Count-x.Count, cmp.Compare(x.Name, y.Name))
	})
	return list
}
