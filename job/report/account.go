package report

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// Account counts every item once, by its index, in two bits an item. The zero
// Account is empty and ready to use.
type Account struct {
	Succeeded int
	Failed    int
	Repeated  int       // outcomes of items that had one already
	Failures  []Failure // the first of them
	Timeline  *Timeline // of the items whose times are known; nil: none are
	Slowest   []Timed   // the slowest first

	seen      bitset
	succeeded bitset
	errors    map[string]*ErrorCount
}

// maxFailures is how many failures a report shows one by one, and maxErrors
// how many names of errors it tells apart: somebody may put the number of an
// order into a name.
const (
	maxFailures = 50
	maxErrors   = 1000
)

// OtherErrors is the name of all errors together for whose names there is no room.
const OtherErrors = "(other errors)"

// How long what others say may be, in characters: a cause may be a page.
const (
	maxName  = 200
	maxCause = 1000
)

// cut is a text of at most so many characters. It shows where it was cut.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n := 0
	for at := range text {
		if n++; n > most {
			return text[:at] + "…"
		}
	}
	return text
}

// bitset is a set of indexes.
type bitset []uint64

// add reports whether the index is new.
func (s *bitset) add(index int) bool {
	word, bit := index/64, uint64(1)<<(index%64)
	if word >= len(*s) {
		*s = append(*s, make([]uint64, word+1-len(*s))...)
	}
	if (*s)[word]&bit != 0 {
		return false
	}
	(*s)[word] |= bit
	return true
}

func (s bitset) has(index int) bool {
	return index/64 < len(s) && s[index/64]&(1<<(index%64)) != 0
}

// Succeed counts an item that succeeded, by its index of 0 or more: the memory
// that an account takes grows with the highest. It reports whether it is the first
// outcome of this item; any other is not counted.
func (a *Account) Succeed(index int) bool {
	if !a.see(index) {
		return false
	}
	a.succeeded.add(index)
	a.Succeeded++
	return true
}

// Fail counts an item that failed, like Succeed.
func (a *Account) Fail(index int, name, cause string) bool {
	if !a.see(index) {
		return false
	}
	name, cause = a.FailUnseen(1, name, cause)
	if len(a.Failures) < maxFailures {
		a.Failures = append(a.Failures, Failure{Index: index, Error: name, Cause: cause})
	}
	return true
}

// FailUnseen counts n items as failed whose indexes are not known. It returns
// the name and the cause as the report has them.
func (a *Account) FailUnseen(n int, name, cause string) (shortName, shortCause string) {
	shortName, shortCause = cut(cmp.Or(name, anyError), maxName), cut(cause, maxCause)
	name = shortName
	if a.errors == nil {
		a.errors = map[string]*ErrorCount{}
	}
	if a.errors[name] == nil && len(a.errors) >= maxErrors {
		name = OtherErrors
	}
	e := a.errors[name]
	if e == nil {
		e = &ErrorCount{Name: name, Example: shortCause}
		a.errors[name] = e
	}
	e.Count += n
	a.Failed += n
	return shortName, shortCause
}

// anyError is the name of an error that has none.
const anyError = "Error"

func (a *Account) see(index int) bool {
	if !a.seen.add(index) {
		a.Repeated++
		return false
	}
	return true
}

// HasSucceeded reports whether an item succeeded.
func (a *Account) HasSucceeded(index int) bool { return a.succeeded.has(index) }

// Took notes when an item began and how long it took, both in milliseconds,
// the beginning of Unix time. It is for the first outcome of an item only.
func (a *Account) Took(index int, startedAt, ms int64, succeeded bool) {
	if startedAt == 0 {
		return
	}
	if a.Timeline == nil {
		a.Timeline = &Timeline{}
	}
	a.Timeline.add(time.UnixMilli(startedAt+ms).UTC(), succeeded)
	a.noteTime(index, ms)
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
