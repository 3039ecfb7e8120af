//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// guard kills the group of a program if this process ends before the function that it
// returns is called, also by SIGKILL. It is a shell that reads a pipe: the end of the
// pipe is that of this process. A system without a shell has no guard.
func guard(cmd *exec.Cmd) (end func()) {
	here, there, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	watch := exec.Command("sh", "-c", `read -r ended || kill -s KILL -- "-$0"`, groupOf(cmd))
	watch.Stdin = here
	watch.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	err = watch.Start()
	here.Close()
	if err != nil {
		there.Close()
		return func() {}
	}
	return func() {
		_, _ = there.WriteString("ended\n")
		there.Close()
		_ = watch.Wait()
	}
}
