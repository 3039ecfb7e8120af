// Package tally counts the items of a job, each once, for its report.
package tally

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

// Tally counts each item once, by its index. It takes two bits for each item. The
// zero Tally is empty and ready to use.
type Tally struct {
	// Start is when the execution started; zero if it is not known. Times of items
	// that are too far from it are ignored.
	Start time.Time

	Succeeded int
	Failed    int
	Repeated  int              // further outcomes of items, which do not count
	Failures  []report.Failure // the first failures
	Slowest   []report.Timed   // slowest first

	seen      bitset
	lost      bitset
	succeeded bitset
	errors    map[string]*counted
	timeline  timeline
}

// counted is an error with the index of its example, and when the first and the last of its
// items ended, in milliseconds of Unix time; 0: no time is known.
type counted struct {
	report.ErrorCount
	index       int
	first, last int64
}

// A report lists up to maxFailures failures, and counts up to maxErrors names of
// errors. A name may contain an ID, so there may be as many names as items.
const (
	maxFailures = 50
	maxErrors   = 1000
)

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
// be negative; the memory of a tally grows with the highest index.
func (t *Tally) Succeed(index int) bool {
	if !t.see(index) {
		return false
	}
	t.succeeded.add(index)
	t.Succeeded++
	return true
}

// Fail counts the item with the index as failed, as Succeed does for success.
func (t *Tally) Fail(index int, name, cause string) bool {
	if !t.see(index) {
		return false
	}
	name, cause = t.fail(1, index, name, cause)
	if len(t.Failures) < maxFailures {
		t.Failures = append(t.Failures, report.Failure{Index: index, Error: name, Cause: cause})
	}
	return true
}

// FailUnseen counts n items with unknown indexes as failed. It returns the name
// and the cause, cut to the length that a report shows.
func (t *Tally) FailUnseen(n int, name, cause string) (shortName, shortCause string) {
	return t.fail(n, math.MaxInt, name, cause)
}

// fail counts n items as failed. The example of an error is that of the lowest index,
// because outcomes come in another order in each run.
func (t *Tally) fail(n, index int, name, cause string) (shortName, shortCause string) {
	shortName, shortCause = Name(name), cut(cause, maxCause)
	name = shortName
	if t.errors == nil {
		t.errors = map[string]*counted{}
	}
	if t.errors[name] == nil && len(t.errors) >= maxErrors {
		name = report.OtherErrors
	}
	e := t.errors[name]
	if e == nil {
		e = &counted{ErrorCount: report.ErrorCount{Name: name, Example: shortCause}, index: index}
		t.errors[name] = e
	} else if index < e.index {
		e.Example, e.index = shortCause, index
	}
	e.Count += n
	t.Failed += n
	return shortName, shortCause
}

// Name returns the name by which an error is counted: it is cut, and never empty.
func Name(name string) string { return cut(cmp.Or(name, anyError), maxName) }

// anyError is the name of an error without a name.
const anyError = "Error"

func (t *Tally) see(index int) bool {
	if !t.seen.add(index) {
		t.Repeated++
		return false
	}
	return true
}

// Lose notes that the job has the item with the index, and that no outcome of it is
// known. It reports whether neither was known before.
func (t *Tally) Lose(index int) bool { return t.lost.add(index) && !t.seen.has(index) }

// Lost returns how many items are known to be lost.
func (t *Tally) Lost() int {
	lost := 0
	for word, w := range t.lost {
		if word < len(t.seen) {
			w &^= t.seen[word]
		}
		lost += bits.OnesCount64(w)
	}
	return lost
}

// HasFailed reports whether an outcome says that the item failed.
func (t *Tally) HasFailed(index int) bool { return t.seen.has(index) && !t.succeeded.has(index) }

// IsLost reports whether the item is known to be lost.
func (t *Tally) IsLost(index int) bool { return t.lost.has(index) && !t.seen.has(index) }

// HasSucceeded reports whether an item succeeded.
func (t *Tally) HasSucceeded(index int) bool { return t.succeeded.has(index) }

// Took records when an item started, in milliseconds of Unix time, and how many
// milliseconds it took. It ignores a zero start and times that can't be right.
// Call it only for the first outcome of an item.
func (t *Tally) Took(index int, startedAt, ms int64, succeeded bool) {
	if startedAt == 0 || ms < 0 || ms > longest {
		return
	}
	if isSane(startedAt, t.Start) && isSane(startedAt+ms, t.Start) {
		t.timeline.add(startedAt+ms, succeeded)
	}
	t.noteTime(index, ms)
}

// FailedAt records when an item that failed with an error ended, in milliseconds of Unix
// time. It ignores times that can't be right. Call it after [Tally.Fail].
func (t *Tally) FailedAt(name string, end int64) {
	if end <= 0 || !isSane(end, t.Start) {
		return
	}
	e := t.errors[Name(name)]
	if e == nil {
		e = t.errors[report.OtherErrors]
	}
	if e.first == 0 || end < e.first {
		e.first = end
	}
	e.last = max(e.last, end)
}

// Timeline returns how many items ended in each step of time; nil if no times are
// known.
func (t *Tally) Timeline() *report.Timeline {
	line := &t.timeline
	if line.step == 0 {
		return nil
	}
	return &report.Timeline{From: time.UnixMilli(line.from).UTC(), StepMs: line.step,
		Succeeded: slices.Clone(line.succeeded), Failed: slices.Clone(line.failed)}
}

// Missing returns how many of the items 0 to total-1 have no outcome.
func (t *Tally) Missing(total int) int {
	seen := 0
	for word, w := range t.seen {
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
func (t *Tally) Errors() []report.ErrorCount {
	list := make([]report.ErrorCount, 0, len(t.errors))
	for _, e := range t.errors {
		if e.first != 0 {
			first, last := time.UnixMilli(e.first).UTC(), time.UnixMilli(e.last).UTC()
			e.First, e.Last = &first, &last
		}
		list = append(list, e.ErrorCount)
	}
	slices.SortFunc(list, func(x, y report.ErrorCount) int {
		return cmp.Or(y.Count-x.Count, cmp.Compare(x.Name, y.Name))
	})
	return list
}
