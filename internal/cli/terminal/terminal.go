// Package terminal is what the subcommands of mapjob share: the three streams,
// progress, and errors with an exit code. Standard output is the answer,
// standard error is progress.
package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/mapjob/mapjob/internal/plain"
)

// Streams are those of the process.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Complain prints an error.
func (s *Streams) Complain(err error) {
	text := fmt.Sprint("mapjob: ", err)
	if errors.Is(err, syscall.ENOSPC) {
		text += "\nfree some space: older runs are in .mapjob/runs, and --keep-runs keeps fewer of them"
	}
	fmt.Fprintln(s.Err, plain.Lines(text))
}

// PrintJSON prints a value as one document, as --json does.
func PrintJSON(to io.Writer, v any) error {
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Failed is the error of something that ran and failed. All other errors say
// that it could not be run.
type Failed struct{ Err error }

// Failedf makes a [Failed].
func Failedf(format string, args ...any) error { return Failed{fmt.Errorf(format, args...)} }

func (f Failed) Error() string { return f.Err.Error() }

// Unwrap returns the error itself.
func (f Failed) Unwrap() error { return f.Err }

// Printed is an error that was printed already.
type Printed struct{ Err error }

func (p Printed) Error() string { return p.Err.Error() }

// Unwrap returns the error itself.
func (p Printed) Unwrap() error { return p.Err }

// Exit codes.
const (
	succeeded = 0
	NotRun    = 1 // bad usage, a bad template, a part that did not start
	failed    = 2 // it ran, and failed
)

// Exit prints an error, unless that was done, and returns its exit code.
func (s *Streams) Exit(err error) int {
	if err == nil {
		return succeeded
	}
	if !errors.As(err, new(Printed)) {
		s.Complain(err)
	}
	if errors.As(err, new(Failed)) {
		return failed
	}
	return NotRun
}
