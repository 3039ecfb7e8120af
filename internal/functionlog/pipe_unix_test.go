//go:build unix

package functionlog

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/regular"
)

func TestALogThatIsANamedPipeIsNotWaitedFor(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Worker.log")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- File(name).Search(t.Context(), &Query{}, func(*Line) error { return nil }) }()
	select {
	case err := <-done:
		if !errors.As(err, new(*regular.KindError)) {
			t.Errorf("got %v, expected that the pipe is refused", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("got no answer in 5 seconds, expected that the pipe is refused")
	}
}
