//go:build unix

package archive

import (
	"os"
	"syscall"
)

// lock locks a file for this process, unless another one has it. The lock ends with
// the process, however that ends.
func lock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// isLocked reports whether a process has locked the file.
func isLocked(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close() // which ends the lock
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}
