//go:build unix

package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// A terminal that is closed ends what runs, in good order however often that is said,
// unless nohup ignores it.
func TestClosedTerminal(t *testing.T) {
	restore := make(chan os.Signal, 1)
	signal.Notify(restore, syscall.SIGHUP) // also if these tests run under nohup
	defer signal.Stop(restore)
	ctx, end := handleSignals()
	defer end()
	for range 3 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("got no end after SIGHUP, expected one")
		}
	}

	signal.Ignore(syscall.SIGHUP)
	ignoring, end := handleSignals()
	defer end()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if err := context.Cause(ignoring); err != nil {
		t.Errorf("got %v under nohup, expected the command to go on", err)
	}
}
