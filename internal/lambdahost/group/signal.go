//go:build linux || darwin

package group

import "syscall"

// kill kills the process group with the given leader. It is no error if the group
// has already ended.
func kill(leader int) {
	_ = syscall.Kill(-leader, syscall.SIGKILL)
}
