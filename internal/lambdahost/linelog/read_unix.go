//go:build unix

package linelog

import "syscall"

// readPipe reads without waiting.
func readPipe(fd uintptr, chunk []byte) (int, error) { return syscall.Read(int(fd), chunk) }
