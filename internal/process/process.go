// Package process runs programs that leave nothing behind: each runs in its own
// process group, which ends as a whole with a context.
package process

import (
	"context"
	"os/exec"
	"time"
)

// grace is how long a program may take to end after it was asked to.
const grace = 3 * time.Second

// Command works like [exec.CommandContext], for a program and what it starts. When
// ctx ends, the group is asked to end, and killed a moment later.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	ownGroup(cmd)
	cmd.Cancel = func() error { return terminate(cmd) }
	cmd.WaitDelay = grace
	return cmd
}

// Run runs a command to its end, and kills what is left of its group. The group ends
// with this process, too, even if that is killed.
func Run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	defer guard(cmd)()
	return Wait(cmd)
}

// Wait waits for the end of a command that was started, and kills what is left
// of its group.
func Wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	kill(cmd)
	return err
}
