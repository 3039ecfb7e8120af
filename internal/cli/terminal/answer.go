package terminal

import (
	"errors"
	"io"
	"syscall"
)

// Answer is standard output. If nobody reads on, as after `| head`, it drops what
// follows: what was begun is done to its end, and has the same exit code.
type Answer struct {
	to     io.Writer
	unread bool
}

// NewAnswer returns an answer that is written to a writer.
func NewAnswer(to io.Writer) *Answer { return &Answer{to: to} }

func (a *Answer) Write(text []byte) (int, error) {
	if a.unread {
		return len(text), nil
	}
	n, err := a.to.Write(text)
	if errors.Is(err, syscall.EPIPE) {
		a.unread = true
		return len(text), nil
	}
	return n, err
}
