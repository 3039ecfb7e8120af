// Package history writes the events of executions to a file.
package history

import (
	"bufio"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
)

// File gets an event in each line, of all executions of a run, soon after it
// happened. It is safe for concurrent use.
type File struct {
	file *os.File

	mutex   sync.Mutex
	w       *bufio.Writer
	pending bool // a flush will follow
	err     error
}

// delay is how long an event may wait to be written.
const delay = 200 * time.Millisecond

// Create creates a file.
func Create(path string) (*File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &File{file: file, w: bufio.NewWriterSize(file, 1<<16)}, nil
}

// Add adds an event.
func (h *File) Add(e event.Event) {
	text, err := e.MarshalJSON()
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if err == nil {
		_, err = h.w.Write(append(text, '\n'))
	}
	if h.err == nil {
		h.err = err
	}
	if !h.pending {
		h.pending = true
		time.AfterFunc(delay, h.flush)
	}
}

func (h *File) flush() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.pending = false
	_ = h.w.Flush() // the writer keeps an error for Close
}

// Close writes what is left, and reports the first error.
func (h *File) Close() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return errors.Join(h.err, h.w.Flush(), h.file.Close())
}
