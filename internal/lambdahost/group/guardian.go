//go:build linux || darwin

package group

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// guardian is a shell that outlives this process for a moment and kills the groups
// that this process could not kill because it was killed itself.
//
// The kernel's own means, a signal at the death of the parent, exists only on
// Linux, and does not reach the children of the program.
type guardian struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// startGuardian starts the shell. If that fails there is no guardian: it only
// matters if this process is killed, so programs can run without it.
func startGuardian() *guardian {
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir = "/"
	cmd.Env = []string{}
	// Its own group, so that neither Ctrl-C nor a signal to this process's group
	// reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return &guardian{}
	}
	if cmd.Start() != nil {
		_ = input.Close()
		return &guardian{}
	}
	return &guardian{cmd: cmd, input: input}
}

// watch adds a group to those that the guardian kills.
func (g *guardian) watch(leader int) { g.tell("+ " + strconv.Itoa(leader) + "\n") }

// forget removes a group.
func (g *guardian) forget(leader int) { g.tell("- " + strconv.Itoa(leader) + "\n") }

// tell writes a line. A line is short enough for the pipe to take it whole, so the
// lines of several goroutines do not mix.
func (g *guardian) tell(line string) {
	if g.cmd != nil {
		_, _ = io.WriteString(g.input, line)
	}
}

// stop ends the guardian, which kills the groups that are left.
func (g *guardian) stop() {
	if g.cmd != nil {
		_ = g.input.Close()
		_ = g.cmd.Wait()
	}
}
