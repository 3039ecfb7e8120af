package terminal

import (
	"fmt"
	"os"
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
