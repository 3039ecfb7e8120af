package dynamodb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Store writes the records of a table to a file, a line for each: all of them or
// none. It has the types of all attributes.
func (d *Database) Store(ctx context.Context, table, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for item, err := range d.Items(ctx, table) {
		if err == nil {
			_, err = w.Write(append(item, '\n'))
		}
		if err != nil {
			return errors.Join(err, file.Close())
		}
	}
	if err := errors.Join(w.Flush(), file.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Restore writes the records that Store has written to a table, if the file exists.
func (d *Database) Restore(ctx context.Context, table, path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := d.PutItems(ctx, table, itemsOf(file)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func itemsOf(r io.Reader) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for lines := json.NewDecoder(r); ; {
			var item json.RawMessage
			err := lines.Decode(&item)
			if err == io.EOF || !yield(item, err) || err != nil {
				return
			}
		}
	}
}
