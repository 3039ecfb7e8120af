package cli

import (
	"bufio"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
)

// history writes history.jsonl: an event a line, of all executions of the run.
// Whoever watches the file sees an event soon after it happened.
type history struct {
	file *os.File

	mutex   sync.Mutex
	w       *bufio.Writer
	pending bool // a flush is to come
	err     error
}

const historyDelay = 200 * time.Millisecond

func newHistory(path string) (*history, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &history{file: file, w: bufio.NewWriterSize(file, 1<<16)}, nil
}

func (h *history) add(e event.Event) {
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
		time.AfterFunc(historyDelay, h.flush)
	}
}

func (h *history) flush() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.pending = false
	_ = h.w.Flush() // an error stays with the writer, and close reports it
}

func (h *history) close() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return errors.Join(h.err, h.w.Flush(), h.file.Close())
}
