// Package process starts programs that leave nothing behind: each runs in a
// process group of its own, which ends as a whole when its context does.
package process

import (
	"context"
	"os/exec"
	"time"
)

// grace is how long a program may take to end in good order once asked to.
const grace = 3 * time.Second

// Command is like exec.CommandContext, for a program and whatever it starts in
// turn. When ctx ends the group is asked to end, and killed a moment later.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	ownGroup(cmd)
	cmd.Cancel = func() error { return terminate(cmd) }
	cmd.WaitDelay = grace
	return cmd
}

// Run runs a command to its end, and whatever is left of its group then too.
func Run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	return Wait(cmd)
}

// Wait waits for a command that was started to end, and ends what is left of
// its group.
func Wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	kill(cmd)
	return err
}
