package runs

import (
	"path/filepath"
	"sync"
)

// Beginning does once what is due when the work of a run begins. The zero value is
// ready to use.
type Beginning struct {
	once    sync.Once
	pruning sync.WaitGroup
	err     error // of pruning
}

// Begin makes the run the last one that began, and removes older runs meanwhile. It
// may be called more than once.
func (b *Beginning) Begin(folder string, keep int) {
	b.once.Do(func() {
		linkLast(folder)
		b.pruning.Go(func() { b.err = prune(filepath.Dir(folder), keep) })
	})
}

// Wait waits until older runs are removed. The error says which could not be.
func (b *Beginning) Wait() error {
	b.pruning.Wait()
	return b.err
}
