// Package records reads a person's own file of records, JSON Lines or CSV, as
// JSON values, one at a time.
package records

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Read yields the records of a file: the lines of a .jsonl (or .ndjson) file,
// or the rows of a .csv file as objects, under the names in its first row. The
// cells of a CSV file are strings, except those that hold a JSON array or
// object. An error names the file and the line, and ends the reading.
func Read(path string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		var read func(*os.File, func(json.RawMessage) bool) error
		switch extension := strings.ToLower(filepath.Ext(path)); extension {
		case ".jsonl", ".ndjson":
			read = readLines
		case ".csv":
			read = readRows
		default:
			yield(nil, fmt.Errorf("got file %s, expected one that ends in .jsonl or .csv", path))
			return
		}
		file, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		err = read(file, func(record json.RawMessage) bool { return yield(record, nil) })
		if err != nil {
			yield(nil, err)
		}
	}
}

func readLines(file *os.File, yield func(json.RawMessage) bool) error {
	lines := bufio.NewReaderSize(file, 1<<16)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s:%d: %w", file.Name(), number, err)
		}
		text := bytes.TrimSpace(line)
		if number == 1 {
			text = bytes.TrimPrefix(text, []byte("\uFEFF"))
		}
		if len(text) > 0 {
			if !json.Valid(text) {
				return fmt.Errorf("%s:%d: got %s, expected one JSON value in the line", file.Name(), number, excerpt(text))
			}
			if !yield(text) {
				return nil
			}
		}
		if err != nil {
			return nil
		}
	}
}

func readRows(file *os.File, yield func(json.RawMessage) bool) error {
	rows := csv.NewReader(bufio.NewReaderSize(file, 1<<16))
	rows.ReuseRecord = true
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: got an empty file, expected a first row with the names of the columns", file.Name())
	}
	if err != nil {
		return fmt.Errorf("%s:%w", file.Name(), position(err))
	}
	names := make([][]byte, len(header))
	for i, name := range header {
		name = strings.TrimPrefix(name, "\uFEFF")
		if names[i], err = json.Marshal(name); err != nil {
			return err
		}
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("%s:%d: got %d cells, expected %d as in the first row", file.Name(), line, len(row), len(names))
		}
		if err != nil {
			return fmt.Errorf("%s:%w", file.Name(), position(err))
		}
		record := []byte{'{'}
		for i, cell := range row {
			if i > 0 {
				record = append(record, ',')
			}
			record = append(append(record, names[i]...), ':')
			text := []byte(cell)
			if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '[' && trimmed[0] != '{' || !json.Valid(text) {
				if text, err = json.Marshal(cell); err != nil {
					return err
				}
			}
			record = append(record, text...)
		}
		if !yield(append(record, '}')) {
			return nil
		}
	}
}

// position writes the place of a CSV error as FILE:LINE wants it.
func position(err error) error {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return fmt.Errorf("%d: %w", at.Line, at.Err)
	}
	return err
}

func excerpt(text []byte) string {
	const most = 80
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
