//go:build linux || darwin

package lambdahost

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// guardian is a shell that outlives the host by a moment, and ends the groups of
// the functions' processes when the host was killed before it could.
//
// The kernel's own service, a signal at the parent's death, exists on Linux alone
// and reaches the process, but not the children that a function has started.
type guardian struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// startGuardian starts the shell. A machine without one goes without a guardian:
// what it is for is the exception, and no reason to run nothing at all.
func startGuardian() *guardian {
	cmd := exec.Command("/bin/sh", "-c", guardianScript)
	cmd.Dir = "/"
	cmd.Env = []string{}
	// A group of its own, so that neither Ctrl-C nor a kill of the host's group reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return &guardian{}
	}
	if cmd.Start() != nil {
		_ = input.Close()
		return &guardian{}
	}
	return &guardian{cmd, input}
}

// watch makes the guardian responsible for the group of a process.
func (g *guardian) watch(leader int) { g.tell("+ " + strconv.Itoa(leader) + "\n") }

// forget ends that.
func (g *guardian) forget(leader int) { g.tell("- " + strconv.Itoa(leader) + "\n") }

// tell writes a line. It is far below what a pipe takes in one piece, so lines of
// several goroutines do not mix.
func (g *guardian) tell(line string) {
	if g.cmd != nil {
		_, _ = io.WriteString(g.input, line)
	}
}

// stop ends the guardian, which kills what it still watches.
func (g *guardian) stop() {
	if g.cmd != nil {
		_ = g.input.Close()
		_ = g.cmd.Wait()
	}
}
