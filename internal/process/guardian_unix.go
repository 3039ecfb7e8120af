//go:build unix

package process

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// Guardian is a shell that outlives this process for a moment and kills the groups
// that this process could not kill because it was killed itself.
//
// The kernel's own means, a signal at the death of the parent, exists only on
// Linux, and does not reach the children of the program.
type Guardian struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// StartGuardian starts the shell. If that fails there is no guardian: it only
// matters if this process is killed, so programs can run without it.
func StartGuardian() *Guardian {
	cmd := exec.Command("/bin/sh", "-c", guardianScript)
	cmd.Dir = "/"
	cmd.Env = []string{}
	// Its own group, so that neither Ctrl-C nor a signal to this process's group
	// reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return &Guardian{}
	}
	if cmd.Start() != nil {
		_ = input.Close()
		return &Guardian{}
	}
	return &Guardian{cmd: cmd, input: input}
}

// Watch adds a group to those that the guardian kills.
func (g *Guardian) Watch(leader int) { g.tell("+ " + strconv.Itoa(leader) + "\n") }

// Forget removes a group.
func (g *Guardian) Forget(leader int) { g.tell("- " + strconv.Itoa(leader) + "\n") }

// tell writes a line. A line is short enough for the pipe to take it whole, so the
// lines of several goroutines do not mix.
func (g *Guardian) tell(line string) {
	if g.cmd != nil {
		_, _ = io.WriteString(g.input, line)
	}
}

// Stop ends the guardian, which kills the groups that are left.
func (g *Guardian) Stop() {
	if g.cmd != nil {
		_ = g.input.Close()
		_ = g.cmd.Wait()
	}
}

// guardianScript reads the leaders of groups that have started ("+ ID") and ended
// ("- ID"). Its input ends when the parent process does, for whatever reason. Then
// it kills the remaining groups.
const guardianScript = `
trap '' HUP INT QUIT TERM
live=
while read -r change group; do
	case $change in
	+) live="$live $group" ;;
	-)
		rest=
		for one in $live; do
			[ "$one" = "$group" ] || rest="$rest $one"
		done
		live=$rest
		;;
	esac
done
for one in $live; do
	kill -s KILL -- "-$one" 2>/dev/null
done
exit 0
`
