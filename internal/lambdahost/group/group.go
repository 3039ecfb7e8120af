//go:build linux || darwin

// Package group runs programs in process groups that do not outlive this process.
//
// Each program leads a group of its own, which is killed as a whole when the
// program ends, when its caller asks for it, and when this process ends, even if
// it is killed. The package works on Linux and macOS. It compiles elsewhere, but
// [New] fails there.
package group

import (
	"os/exec"
	"sync"

	"github.com/mapjob/mapjob/internal/process"
)

// Runner starts programs. It is safe for concurrent use.
type Runner struct {
	spawner  spawner
	guardian *process.Guardian
}

// New creates a Runner. Close it after the last program has ended.
func New() (*Runner, error) {
	r := &Runner{guardian: process.StartGuardian()}
	r.spawner.start()
	return r, nil
}

// Close releases the Runner and kills the groups that are left.
func (r *Runner) Close() {
	r.guardian.Stop()
	r.spawner.stop()
}

// Start starts a program in a new group. The caller must call Wait.
func (r *Runner) Start(cmd *exec.Cmd) (*Group, error) {
	if err := r.spawner.spawn(cmd); err != nil {
		return nil, err
	}
	r.guardian.Watch(cmd.Process.Pid)
	return &Group{cmd: cmd, guardian: r.guardian}, nil
}

// Group is a running program and the processes that it has started.
type Group struct {
	cmd      *exec.Cmd
	guardian *process.Guardian

	// mu guards against a signal to a process ID that belongs to another process by
	// now.
	mu    sync.Mutex
	ended bool
}

// Leader returns the process ID of the program.
func (g *Group) Leader() int { return g.cmd.Process.Pid }

// Kill kills the group. It does not wait for its end.
func (g *Group) Kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.ended {
		kill(g.cmd.Process.Pid)
	}
}

// Wait waits until the program has ended, kills the rest of the group, and returns
// the error of [exec.Cmd.Wait].
func (g *Group) Wait() error {
	err := g.wait()
	g.guardian.Forget(g.cmd.Process.Pid)
	return err
}

// seal kills the rest of the group and stops further signals.
func (g *Group) seal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	kill(g.cmd.Process.Pid)
	g.ended = true
}
