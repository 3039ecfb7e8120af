package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// handleSignals returns a context that ends in good order what runs: with the first
// Ctrl-C or SIGTERM, of which a second one ends the command at once, or when the
// terminal is closed. The caller calls end.
func handleSignals() (ctx context.Context, end func()) {
	running, cancel := context.WithCancel(context.Background())
	interrupted, stop := signal.NotifyContext(running, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, stop)

	// Shell and system both say that a terminal is closed, so a second SIGHUP means
	// nothing. nohup ignores it.
	closed := make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(closed, syscall.SIGHUP)
	}
	go func() {
		select {
		case <-closed:
			cancel()
		case <-running.Done():
		}
	}()

	// Without this, a write to a closed pipe would end the command at once.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return interrupted, func() {
		stop()
		cancel()
		signal.Stop(closed)
		signal.Stop(broken)
	}
}
