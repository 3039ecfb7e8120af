package terminal

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// What is written after the reader has gone is dropped. Other errors are returned.
func TestAnswerThatIsNotRead(t *testing.T) {
	for _, test := range []struct {
		err     error
		dropped bool
	}{
		{&os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}, true},
		{&os.PathError{Op: "write", Path: "/dev/full", Err: syscall.ENOSPC}, false},
	} {
		broken := &brokenWriter{err: test.err}
		answer := NewAnswer(broken)
		for range 2 {
			if _, err := fmt.Fprint(answer, "text"); (err == nil) != test.dropped {
				t.Errorf("got %v, expected %t for an answer that is dropped after %v", err, test.dropped, test.err)
			}
		}
		if again := broken.writes == 2; again == test.dropped {
			t.Errorf("got %d writes, expected no more after the reader has gone", broken.writes)
		}
	}
}

type brokenWriter struct {
	err    error
	writes int
}

func (b *brokenWriter) Write([]byte) (int, error) {
	b.writes++
	return 0, b.err
}

// What fills the disk is named, and what can be removed.
func TestFullDiskIsExplained(t *testing.T) {
	for err, explained := range map[error]bool{syscall.ENOSPC: true, syscall.EACCES: false} {
		var said strings.Builder
		code := (&Streams{Err: &said}).Exit(Failedf("results: %w", &os.PathError{Op: "write", Path: "x", Err: err}))
		if strings.Contains(said.String(), "--keep-runs") != explained || code != failed {
			t.Errorf("got exit code %d and %q", code, said.String())
		}
	}
}
