//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func terminate(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

// kill kills a group whose leader has ended. An error says that it is empty.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// guard kills the group of a program if this process is killed before it calls the
// function that guard returns.
func guard(cmd *exec.Cmd) (end func()) {
	g, leader := StartGuardian(), cmd.Process.Pid
	g.Watch(leader)
	return func() {
		g.Forget(leader)
		g.Stop()
	}
}
