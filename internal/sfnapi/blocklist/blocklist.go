// Package blocklist has a list of numbered elements in blocks: an element is added, removed and
// found by its number in the same time, however many there are.
package blocklist

import (
	"cmp"
	"iter"
	"slices"
)

// Numbered is an element. Its number stays the same.
type Numbered interface{ Number() int64 }

// List has elements in the order of their numbers. Its zero value is empty.
type List[T Numbered] struct {
	blocks [][]T // none is empty
	size   int
}

// blockSize is how many elements a block has, at most.
const blockSize = 512

// Len returns how many elements the list has.
func (l *List[T]) Len() int { return l.size }

// Add adds the element with the largest number.
func (l *List[T]) Add(w T) {
	l.size++
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last]) == blockSize {
		l.blocks = append(l.blocks, []T{w})
		return
	}
	l.blocks[last] = append(l.blocks[last], w)
}

// find returns the place of the first element with a number or a larger one.
func (l *List[T]) find(number int64) (block, at int) {
	block, _ = slices.BinarySearchFunc(l.blocks, number, func(b []T, n int64) int { return cmp.Compare(b[len(b)-1].Number(), n) })
	if block < len(l.blocks) {
		at, _ = slices.BinarySearchFunc(l.blocks[block], number, func(w T, n int64) int { return cmp.Compare(w.Number(), n) })
	}
	return block, at
}

// Remove removes an element that is in the list.
func (l *List[T]) Remove(w T) {
	l.size--
	block, at := l.find(w.Number())
	if l.blocks[block] = slices.Delete(l.blocks[block], at, at+1); len(l.blocks[block]) == 0 {
		l.blocks = slices.Delete(l.blocks, block, block+1)
	}
}

// After yields the elements after the one with a number. A nil list has none.
func (l *List[T]) After(number int64) iter.Seq[T] {
	return func(yield func(T) bool) {
		if l == nil {
			return
		}
		block, at := l.find(number + 1)
		for ; block < len(l.blocks); block, at = block+1, 0 {
			for _, w := range l.blocks[block][at:] {
				if !yield(w) {
					return
				}
			}
		}
	}
}

// Filtered returns a list of the elements for which keep is true.
func (l *List[T]) Filtered(keep func(T) bool) *List[T] {
	kept := &List[T]{}
	for w := range l.After(0) {
		if keep(w) {
			kept.Add(w)
		}
	}
	return kept
}
