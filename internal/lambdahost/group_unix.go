//go:build linux || darwin

package lambdahost

import "syscall"

// killGroup kills the process group whose leader has this ID. That the group is
// gone already is no error.
func killGroup(leader int) {
	_ = syscall.Kill(-leader, syscall.SIGKILL)
}
