package archive_test

import (
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
)

// A request may read a history while the recorder is closed.
func TestAHistoryIsReadWhileTheArchiveIsClosed(t *testing.T) {
	t.Parallel()
	r := record(t, t.TempDir())
	start(t, r, "x", pass, `1`).Finish()
	closed(t, r)
	a, done, n := r.Archive(), make(chan error, 1), 0
	if _, err := a.History(prefix+"x", -1, false, func(archive.Event) bool {
		if n++; n == 1 {
			go func() { done <- a.Close() }()
			time.Sleep(20 * time.Millisecond)
		}
		return true
	}); err != nil || n < 3 {
		t.Errorf("got %d events and %v, expected all of them", n, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	closed(t, a)
}
