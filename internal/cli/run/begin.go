package run

import (
	"path/filepath"
	"sync"
)

// beginning is what happens when the work of a run begins. The zero beginning has
// not happened.
type beginning struct {
	once    sync.Once
	pruning sync.WaitGroup
	err     error // of pruning
}

// begin makes the run the last one that began, and removes older runs meanwhile. It
// may be called more than once.
func (b *beginning) begin(folder string, keep int) {
	b.once.Do(func() {
		linkLast(folder)
		b.pruning.Go(func() { b.err = prune(filepath.Dir(folder), keep) })
	})
}

// wait waits until older runs are removed. The error says which could not be.
func (b *beginning) wait() error {
	b.pruning.Wait()
	return b.err
}
