package account

import (
	"bufio"
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
}

// add adds an item that failed. One that is not known can't be written.
func (f *failures) add(o *protocol.Outcome) error {
	if len(o.Item) == 0 {
		return nil
	}
	if f.items == nil {
		var err, beside error
		f.items, err = createLines(filepath.Join(f.folder, protocol.FailuresFile))
		f.errors, beside = createLines(filepath.Join(f.folder, protocol.FailuresErrorsFile))
		if err := errors.Join(err, beside); err != nil {
			return err
		}
	}
	failed, err := json.Marshal(protocol.FailedItem{Index: o.Index, Error: tally.Name(o.Error)})
	if err != nil {
		return err
	}
	f.count++
	return errors.Join(f.items.add(jsonl.OneLine(o.Item)), f.errors.add(failed))
}

func (f *failures) close() error {
	if f.items == nil {
		return nil
	}
	return errors.Join(f.items.close(), f.errors.close())
}

// lines is a file of JSON Lines. A nil one can be closed.
type lines struct {
	file *os.File
	out  *bufio.Writer
}

func createLines(path string) (*lines, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &lines{file, bufio.NewWriterSize(file, 1<<16)}, nil
}

func (l *lines) add(line []byte) error {
	_, err := l.out.Write(line)
	return errors.Join(err, l.out.WriteByte('\n'))
}

func (l *lines) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.out.Flush(), l.file.Close())
}
