package keypath

import (
	"strconv"
	"sync/atomic"
)

// Filter knows which hashes of keys were not added, in 8 KiB that do not grow. It saves
// calls of the system for files that do not exist. Its zero value is empty, and it may
// be used by several goroutines.
type Filter [1 << 11]atomic.Uint32

// Add adds the Hash of a key.
func (f *Filter) Add(hash string) {
	word, bit := f.bit(hash)
	word.Or(bit)
}

// MayHave reports whether the Hash of a key may have been added. It never returns
// false for one that was.
func (f *Filter) MayHave(hash string) bool {
	word, bit := f.bit(hash)
	return word.Load()&bit != 0
}

func (f *Filter) bit(hash string) (word *atomic.Uint32, bit uint32) {
	n, err := strconv.ParseUint(hash[:min(4, len(hash))], 16, 16)
	if err != nil { // the name of a user's file
		n = 0
	}
	return &f[n/32], 1 << (n % 32)
}
