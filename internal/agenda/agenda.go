// Package agenda orders values by the times at which they are due.
package agenda

import (
	"container/heap"
	"iter"
	"time"
)

// Agenda holds entries, the one that is due first at its front. Its zero value is
// empty.
type Agenda[T any] struct{ entries entries[T] }

// Entry is a value that is due at a time.
type Entry[T any] struct {
	value T
	at    time.Time
	order int64
	place int // in the heap, -1 outside
}

// At returns the time at which the entry is due.
func (e *Entry[T]) At() time.Time { return e.at }

// Add adds a value. Of values that are due at the same time the one with the lowest
// order is first.
func (a *Agenda[T]) Add(value T, at time.Time, order int64) *Entry[T] {
	e := &Entry[T]{value: value, at: at, order: order}
	heap.Push(&a.entries, e)
	return e
}

// Remove removes an entry. A nil entry, or one that is not in this agenda, is left
// alone.
func (a *Agenda[T]) Remove(e *Entry[T]) {
	if e != nil && e.place >= 0 && e.place < len(a.entries) && a.entries[e.place] == e {
		heap.Remove(&a.entries, e.place)
	}
}

// Len returns the number of entries.
func (a *Agenda[T]) Len() int { return len(a.entries) }

// Next returns the time of the first entry. It reports false if there is none.
func (a *Agenda[T]) Next() (time.Time, bool) {
	if len(a.entries) == 0 {
		return time.Time{}, false
	}
	return a.entries[0].at, true
}

// TakeDue removes the first entry and returns its value. It reports false if the
// entry is not due yet, or there is none.
func (a *Agenda[T]) TakeDue(now time.Time) (value T, due bool) {
	if len(a.entries) == 0 || a.entries[0].at.After(now) {
		return value, false
	}
	return heap.Pop(&a.entries).(*Entry[T]).value, true
}

// Values yields the values, in no particular order.
func (a *Agenda[T]) Values() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, e := range a.entries {
			if !yield(e.value) {
				return
			}
		}
	}
}

// entries implement [heap.Interface].
type entries[T any] []*Entry[T]

func (s entries[T]) Len() int { return len(s) }

func (s entries[T]) Less(i, j int) bool {
	if s[i].at.Equal(s[j].at) {
		return s[i].order < s[j].order
	}
	return s[i].at.Before(s[j].at)
}

func (s entries[T]) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

func (s *entries[T]) Push(x any) {
	e := x.(*Entry[T])
	e.place = len(*s)
	*s = append(*s, e)
}

func (s *entries[T]) Pop() any {
	last := (*s)[len(*s)-1]
	(*s)[len(*s)-1] = nil
	*s = (*s)[:len(*s)-1]
	last.place = -1
	return last
}
