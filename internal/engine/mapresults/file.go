package mapresults

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/value"
)

// Sizes in bytes: of the part that is passed to the store at once, and of a
// file, which the service limits.
const (
	firstBytes = 2 << 10 // of a part at first
	partBytes  = 256 << 10
	fileBytes  = 5 << 30
)

// resultFile is one kind of results, in files numbered from 0.
type resultFile struct {
	files          *Files
	name           string
	transformation string
	part           []byte
	parts          chan []byte // to the goroutine that writes, nil while no file is open
	failed         chan error
	spare          chan []byte
	size           int64
	key            string
	done           []doneFile
	err            error
	dropped        atomic.Bool
}

type doneFile struct {
	key  string
	size int64
}

// add appends the result of a child.
func (f *resultFile) add(c *Child) {
	if f.transformation == transformNone {
		f.write(c.describe())
		return
	}
	if list, ok := c.Output.([]any); ok && f.transformation == transformFlatten {
		for _, element := range list {
			f.write(element)
		}
		return
	}
	f.write(c.Output)
}

func (f *resultFile) write(v any) {
	if f.err != nil {
		return
	}
	if f.parts == nil {
		f.open()
	}
	lines := f.files.lines
	switch {
	case lines:
	case f.size == 0 && len(f.part) == 0:
		f.part = append(f.part, '[')
	default:
		f.part = append(f.part, ',')
	}
	f.part = value.Append(f.part, v)
	if lines {
		f.part = append(f.part, '\n')
	}
	if len(f.part) < partBytes {
		return
	}
	f.flush()
	if f.size >= fileBytes {
		f.closeFile()
	}
}

// open starts the goroutine that writes the next file.
func (f *resultFile) open() {
	extension := ".json"
	if f.files.lines {
		extension = ".jsonl"
	}
	f.key = fmt.Sprintf("%s%s_%d%s", f.files.folder, f.name, len(f.done), extension)
	f.size, f.part = 0, make([]byte, 0, firstBytes)
	parts, failed, spare := make(chan []byte, 2), make(chan error, 1), make(chan []byte, 3)
	f.parts, f.failed, f.spare = parts, failed, spare
	files, key := f.files, f.key
	go func() {
		out, err := files.store.Create(files.ctx, files.bucket, key)
		for part := range parts {
			if err == nil {
				_, err = out.Write(part)
			}
			select {
			case spare <- part[:0]:
			default:
			}
		}
		if out != nil && err == nil && !f.dropped.Load() {
			err = out.Close()
		} else if out != nil {
			err = errors.Join(err, abandon(out))
		}
		failed <- err
	}()
}

// flush passes the part to the goroutine that writes, and waits if that one is
// two parts behind.
func (f *resultFile) flush() {
	f.pass()
	select {
	case f.part = <-f.spare:
	default:
		f.part = make([]byte, 0, partBytes+partBytes/4)
	}
}

func (f *resultFile) pass() {
	f.size += int64(len(f.part))
	f.parts <- f.part
	f.part = nil
}

func (f *resultFile) closeFile() {
	if f.parts == nil {
		return
	}
	if !f.files.lines {
		f.part = append(f.part, ']')
	}
	f.pass()
	close(f.parts)
	f.parts = nil
	if err := <-f.failed; err != nil {
		f.err = err
		return
	}
	f.done = append(f.done, doneFile{f.key, f.size})
}

func (f *resultFile) close() error {
	f.closeFile()
	return f.err
}

func (f *resultFile) discard() {
	if f.parts != nil {
		f.dropped.Store(true)
		close(f.parts)
		f.parts = nil
	}
}

// abandon aborts an object that was begun. A writer without Abort is closed,
// which may leave a part of the object.
func abandon(out io.WriteCloser) error {
	if aborter, ok := out.(interface{ Abort() error }); ok {
		return aborter.Abort()
	}
	return out.Close()
}
