// Package jsonl reads JSON Lines as a stream.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// MaxLine limits the bytes of a line that [EachLine] reads, and MaxDocument those of a
// document that is read whole, such as a manifest.
const (
	MaxLine     = 256 << 20
	MaxDocument = 64 << 20
)

// LongLineError is returned for a line that is longer than a reader keeps.
type LongLineError struct {
	Line int // from 1
	Most int // bytes
}

func (e *LongLineError) Error() string {
	return fmt.Sprintf("line %d: got more than %d bytes, expected shorter lines: is it JSON Lines, with a line end after each value?", e.Line, e.Most)
}

// bufferSize is the size of a reader's buffer, in bytes.
const bufferSize = 1 << 16

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferSize) }}

// NewReader returns a reader with a large buffer. Release it after use.
func NewReader(from io.Reader) *bufio.Reader {
	r, _ := readers.Get().(*bufio.Reader)
	r.Reset(from)
	return r
}

// Release lets another NewReader use the buffer of a reader.
func Release(r *bufio.Reader) {
	r.Reset(nil)
	readers.Put(r)
}

// EachLine calls do with each line that is not blank, without the white space
// around it. A line is valid until do returns. EachLine ends with the first
// error, of the reader or of do, and with a [LongLineError] as soon as a line has more
// than [MaxLine] bytes.
func EachLine(from io.Reader, do func(line []byte) error) error {
	return eachLine(MaxLine, from, func(line []byte, _ int64) error { return do(line) }, nil)
}

// EachLineTo is like EachLine, and passes how many bytes were read up to the end of the
// line: a reader that begins there reads the next one first.
func EachLineTo(from io.Reader, do func(line []byte, end int64) error) error {
	return eachLine(MaxLine, from, do, nil)
}

// EachLineUpTo is like EachLine, but keeps at most limit bytes of a line. For a line
// that has more, it calls tooLong with its beginning and its size in place of do.
func EachLineUpTo(limit int, from io.Reader, do func(line []byte) error, tooLong func(beginning []byte, size int) error) error {
	return eachLine(limit, from, func(line []byte, _ int64) error { return do(line) }, tooLong)
}

// eachLine ends at a line that is too long if tooLong is nil.
func eachLine(limit int, from io.Reader, do func(line []byte, end int64) error, tooLong func(beginning []byte, size int) error) error {
	var long []byte // a line that is longer than the buffer
	size := 0       // of that line
	number := 1
	end := int64(0) // of what was read
	lines, isBuffered := from.(*bufio.Reader)
	if !isBuffered {
		lines = NewReader(from)
		defer Release(lines)
	}
	for {
		line, err := lines.ReadSlice('\n')
		isWhole := !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && isWhole && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading %w", err)
		}
		size += len(line)
		end += int64(len(line))
		if tooLong == nil && size > limit {
			return &LongLineError{number, limit}
		}
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
			if err := do(line, end); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		long, size = long[:0], 0
		number++
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
