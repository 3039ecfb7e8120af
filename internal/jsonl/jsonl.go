// Package jsonl reads JSON Lines as a stream.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// EachLine calls do with each line that is not blank, without the white space
// around it. A line is valid until do returns. EachLine ends with the first
// error, of the reader or of do.
func EachLine(from io.Reader, do func(line []byte) error) error {
	return EachLineUpTo(math.MaxInt, from, do, nil)
}

// EachLineUpTo is like EachLine, but keeps at most limit bytes of a line. For a line
// that has more, it calls tooLong with its beginning and its size in place of do.
func EachLineUpTo(limit int, from io.Reader, do func(line []byte) error, tooLong func(beginning []byte, size int) error) error {
	var long []byte // a line that is longer than the buffer
	size := 0       // of that line
	for lines := bufio.NewReaderSize(from, 1<<16); ; {
		line, err := lines.ReadSlice('\n')
		isWhole := !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && isWhole && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading %w", err)
		}
		size += len(line)
		if !isWhole || len(long) > 0 {
			long = append(long, line[:min(len(line), limit-len(long))]...)
			line = long
		}
		if !isWhole {
			continue
		}
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case size > limit:
			if err := tooLong(line, size); err != nil {
				return err
			}
		default:
			if err := do(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		long, size = long[:0], 0
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
