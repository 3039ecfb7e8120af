package group

import (
	"os/exec"
	"syscall"
)

// spawner starts processes, each in its own group. If this process is killed, only
// the guardian kills them: macOS has no signal at the death of the parent.
type spawner struct{}

func (s *spawner) start() {}

func (s *spawner) spawn(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}

func (s *spawner) stop() {}

// wait waits until the program has ended and kills the rest of the group.
// (waitid with WNOWAIT, which Linux uses, also returns for stopped processes on
// macOS.)
func (g *Group) wait() error {
	err := g.cmd.Wait()
	g.seal()
	return err
}
