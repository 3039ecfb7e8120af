package lambdahost

import (
	"os/exec"
	"syscall"
)

func supported() error { return nil }

// spawner starts processes, each in its own group. What has to end with a host
// that is killed itself is left to the guardian here: the kernel has no such service.
type spawner struct{}

func (s *spawner) start() {}

func (s *spawner) spawn(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}

func (s *spawner) stop() {}

// wait returns how the process ended, and kills the rest of its group then.
// (waitid with WNOWAIT, as on Linux, returns for stopped processes as well here.)
func (p *process) wait() error {
	err := p.cmd.Wait()
	p.seal()
	return err
}
