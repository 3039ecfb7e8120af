package report

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// Account counts each item once, by its index. It takes two bits for each item.
// The zero Account is empty and ready to use.
type Account struct {
	Succeeded int
	Failed    int
	Repeated  int       // further outcomes of items, which do not count
	Failures  []Failure // the first failures
	Timeline  *Timeline // of the items whose times are known, or nil
	Slowest   []Timed   // slowest first

	seen      bitset
	succeeded bitset
	errors    map[string]*ErrorCount
}

// A report lists up to maxFailures failures, and counts up to maxErrors names of
// errors. A name may contain an ID, so there may be as many names as items.
const (
	maxFailures = 50
	maxErrors   = 1000
)

// OtherErrors is the name under which errors count when there are too many names.
const OtherErrors = "(other errors)"

// The longest name and cause in a report, in characters.
const (
	maxName  = 200
	maxCause = 1000
)

// cut returns at most the given number of characters of a text, and an ellipsis if
// it has more.
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

// Succeed counts the item with the index as succeeded, and reports whether this is
// its first outcome. Further outcomes of an item do not count. The index must not
// be negative; the memory of an account grows with the highest index.
func (a *Account) Succeed(index int) bool {
	if !a.see(index) {
		return false
	}
	a.succeeded.add(index)
	a.Succeeded++
	return true
}

// Fail counts the item with the index as failed, as Succeed does for success.
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

// FailUnseen counts n items with unknown indexes as failed. It returns the name
// and the cause, cut to the length that a report shows.
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

// anyError is the name of an error without a name.
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

// Took records when an item started, in milliseconds of Unix time, and how many
// milliseconds it took. Call it only for the first outcome of an item.
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

// Missing returns how many of the items 0 to total-1 have no outcome.
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

// Errors returns the errors of failed items, most frequent first.
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
