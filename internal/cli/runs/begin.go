package runs

import (
	"path/filepath"
	"sync"
)

// Beginning does once what is due when the work of a run begins, and what is due after it.
// The zero value is ready to use.
type Beginning struct {
	once   sync.Once
	folder string // empty until the work has begun
}

// Begin makes the run the last one that began. It may be called more than once.
func (b *Beginning) Begin(folder string) {
	b.once.Do(func() {
		b.folder = folder
		linkLast(folder)
	})
}

// Prune removes older runs until so many are left, if the work has begun. The error says which
// could not be removed. A file system that removes thousands of files is slow to
// create others, so it is due when the work is done.
func (b *Beginning) Prune(keep int) error {
	if b.folder == "" {
		return nil
	}
	return prune(filepath.Dir(b.folder), keep)
}
