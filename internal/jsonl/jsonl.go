// Package jsonl reads JSON Lines as a stream.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// EachLine calls do with each line that is not blank, without the white space
// around it. A line is valid until do returns. EachLine ends with the first
// error, of the reader or of do.
func EachLine(from io.Reader, do func(line []byte) error) error {
	var long []byte // a line that is longer than the buffer
	for lines := bufio.NewReaderSize(from, 1<<16); ; {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, line...)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading %w", err)
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := do(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		long = long[:0]
	}
}

// OneLine returns a JSON text without line breaks, which in JSON are white
// space.
func OneLine(text []byte) []byte {
	if !bytes.ContainsAny(text, "\n\r") {
		return text
	}
	var line bytes.Buffer
	if json.Compact(&line, text) != nil {
		return text
	}
	return line.Bytes()
}
