// Package filelock locks files for a process. A lock ends with its process, however
// that ends.
package filelock

import (
	"errors"
	"os"
	"time"

	"github.com/mapjob/mapjob/internal/regular"
)

// ErrLocked is returned for a file that another process has locked.
var ErrLocked = errors.New("another process has locked the file")

// patience is how long Lock waits for processes that only look whether a file is
// locked: they hold the lock for a moment.
const patience = 500 * time.Millisecond

// Lock locks a file, unless it is locked by another process or through another open
// file of this one. The lock ends when the file is closed. The file must be open for
// writing.
func Lock(file *os.File) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		switch locked, err := lock(file, true); {
		case err != nil:
			return &os.PathError{Op: "lock", Path: file.Name(), Err: err}
		case locked:
			return nil
		case time.Since(began) > patience:
			return &os.PathError{Op: "lock", Path: file.Name(), Err: ErrLocked}
		}
	}
}

// Locked reports whether a file is locked. A file that can't be opened is not.
func Locked(path string) bool {
	file, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer file.Close() // which ends the lock
	locked, err := lock(file, false)
	return err == nil && !locked
}
