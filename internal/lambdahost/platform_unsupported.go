//go:build !linux && !darwin

package lambdahost

import (
	"fmt"
	"os/exec"
	"runtime"
)

func supported() error {
	return fmt.Errorf("the lambda host runs functions on Linux and macOS, not on %s: "+
		"it needs process groups to stop them reliably (on Windows, run it inside WSL 2)", runtime.GOOS)
}

type spawner struct{}

func (s *spawner) start()                    {}
func (s *spawner) spawn(cmd *exec.Cmd) error { return supported() }
func (s *spawner) stop()                     {}

func (p *process) wait() error {
	err := p.cmd.Wait()
	p.seal()
	return err
}

func killGroup(int) {}

type guardian struct{}

func startGuardian() *guardian { return &guardian{} }

func (g *guardian) watch(int)  {}
func (g *guardian) forget(int) {}
func (g *guardian) stop()      {}
