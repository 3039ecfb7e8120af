//go:build !linux && !darwin

// Package group runs programs in process groups that do not outlive this process.
// It works on Linux and macOS only.
package group

import (
	"fmt"
	"os/exec"
	"runtime"
)

// Runner starts programs.
type Runner struct{}

// New returns an error.
func New() (*Runner, error) { return nil, unsupported() }

// Close does nothing.
func (r *Runner) Close() {}

// Start returns an error.
func (r *Runner) Start(*exec.Cmd) (*Group, error) { return nil, unsupported() }

// Group is a running program and the processes that it has started.
type Group struct{}

// Leader returns 0.
func (g *Group) Leader() int { return 0 }

// Kill does nothing.
func (g *Group) Kill() {}

// Wait returns an error.
func (g *Group) Wait() error { return unsupported() }

func unsupported() error {
	return fmt.Errorf("functions can't run on %s, expected Linux or macOS: "+
		"their processes need process groups (on Windows, use WSL 2)", runtime.GOOS)
}
