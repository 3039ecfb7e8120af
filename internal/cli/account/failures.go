package account

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/tally"
)

// failures writes the items that failed to a file, in the form of items, and their
// errors to the file beside it. There are no files while there are no such items.
type failures struct {
	folder        string
	items, errors *lines // nil while there are no items
	count         int
	err           error // the first one
}

// add adds an item that failed. One that is not known can't be written.
func (f *failures) add(o *protocol.Outcome) {
	if len(o.Item) == 0 || f.err != nil {
		return
	}
	if f.items == nil {
		if f.items, f.err = createLines(filepath.Join(f.folder, protocol.FailuresFile)); f.err != nil {
			return
		}
		if f.errors, f.err = createLines(filepath.Join(f.folder, protocol.FailuresErrorsFile)); f.err != nil {
			return
		}
	}
	f.count++
	f.items.add(jsonl.OneLine(o.Item))
	f.errors.encode(protocol.FailedItem{Index: o.Index, Error: tally.Name(o.Error)})
}

func (f *failures) close() error { return errors.Join(f.err, f.items.close(), f.errors.close()) }

// lines is a file of JSON Lines. After an error it writes no more, and close returns
// the error. A nil one can be closed.
type lines struct {
	file *os.File
	out  *bufio.Writer
	err  error // the first one
}

func createLines(path string) (*lines, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &lines{file: file, out: bufio.NewWriterSize(file, 1<<16)}, nil
}

// encode adds a value. The characters of HTML stay as they are.
func (l *lines) encode(v any) {
	if l.err == nil {
		e := json.NewEncoder(l.out)
		e.SetEscapeHTML(false)
		l.err = e.Encode(v)
	}
}

func (l *lines) add(line []byte) {
	if l.err == nil {
		_, err := l.out.Write(line)
		l.err = cmp.Or(err, l.out.WriteByte('\n'))
	}
}

func (l *lines) close() error {
	if l == nil {
		return nil
	}
	if l.err == nil {
		l.err = l.out.Flush()
	}
	return errors.Join(l.err, l.file.Close())
}
