package items

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxItemBytes is how long an item may be, as protocol.MaxItem is for the items of
// a job start: a longer one, or a quote that is never closed, would fill the memory.
const maxItemBytes = 16 << 20

const byteOrderMark = "\uFEFF"

// input is the text of an object. It knows the line at which it is, and why
// it could not be read to its end.
type input struct {
	at     string
	buffer *bufio.Reader
	closer io.Closer
	feeds  int    // line feeds read
	marked bool   // the byte order mark was looked for
	long   []byte // a line that is longer than the buffer
	since  int    // bytes read since the last item, by Read
	limit  int    // of since
	err    error  // of reading, other than io.EOF
}

func newInput(at string, content io.ReadCloser) *input {
	size := bufferBytes
	if sized, ok := content.(interface{ Len() int }); ok { // in memory
		size = min(size, sized.Len()+1)
	}
	return &input{at: at, buffer: bufio.NewReaderSize(content, size), closer: content, limit: maxItemBytes}
}

const bufferBytes = 1 << 14

func (in *input) close() error { return in.closer.Close() }

func (in *input) skipMark() {
	if in.marked {
		return
	}
	in.marked = true
	switch begun := in.peek(len(byteOrderMark)); {
	case string(begun) == byteOrderMark:
		_, _ = in.buffer.Discard(len(byteOrderMark))
	case bytes.HasPrefix(begun, []byte("\xff\xfe")), bytes.HasPrefix(begun, []byte("\xfe\xff")):
		in.err = in.problem(1, "got text in UTF-16, expected UTF-8: convert it, such as with iconv -f UTF-16 -t UTF-8")
	}
}

// peek returns the next bytes, fewer at the end of the text.
func (in *input) peek(n int) []byte {
	next, err := in.buffer.Peek(min(n, in.buffer.Size()))
	if err != nil && !errors.Is(err, io.EOF) && in.err == nil {
		in.err = err
	}
	return next
}

// line returns the next line with its end, which the last one may lack. It is
// valid until the next call.
func (in *input) line() ([]byte, error) {
	in.skipMark()
	if in.err != nil {
		return nil, in.err
	}
	line, err := in.buffer.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		in.long = append(in.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(in.long) > maxItemBytes {
				return nil, in.tooLong(in.feeds + 1)
			}
			line, err = in.buffer.ReadSlice('\n')
			in.long = append(in.long, line...)
		}
		line = in.long
	}
	if err != nil && !errors.Is(err, io.EOF) {
		in.err = err
		return nil, err
	}
	if len(line) == 0 {
		return nil, io.EOF
	}
	in.feeds++
	return line, nil
}

// Read implements [io.Reader] for a decoder of JSON.
func (in *input) Read(p []byte) (int, error) {
	in.skipMark()
	if in.err != nil {
		return 0, in.err
	}
	if in.since > in.limit {
		in.err = in.tooLong(in.feeds + 1)
		return 0, in.err
	}
	n, err := in.buffer.Read(p)
	in.feeds += bytes.Count(p[:n], []byte("\n"))
	in.since += n
	if err != nil && !errors.Is(err, io.EOF) {
		in.err = err
	}
	return n, err
}

// ahead returns what comes next, for a message.
func (in *input) ahead() []byte {
	if in.err != nil {
		return nil
	}
	return in.peek(excerptBytes + 1)
}

// problem reports what is wrong with an item, unless it could not be read.
func (in *input) problem(line int, format string, arguments ...any) error {
	if in.err != nil {
		return in.err
	}
	return &Error{At: in.at, Line: line, Cause: fmt.Errorf(format, arguments...)}
}

func (in *input) tooLong(line int) error {
	return in.problem(line, "got more than %d MiB without the end of an item, expected shorter ones (or a quote or bracket is not closed before)", maxItemBytes>>20)
}

// checkUTF8 reports the first byte of a text that is not UTF-8.
func (in *input) checkUTF8(line int, text []byte) error {
	if utf8.Valid(text) {
		return nil
	}
	at := 0
	for r, size := utf8.DecodeRune(text); r != utf8.RuneError || size != 1; r, size = utf8.DecodeRune(text[at:]) {
		at += size
	}
	return in.problem(line, "got the byte 0x%02X after %q, expected UTF-8: convert the text, such as with iconv -f WINDOWS-1252 -t UTF-8", text[at], lastOf(text[:at]))
}

// lastOf returns the end of a text, for a message.
func lastOf(text []byte) string {
	const most = 20
	for len(text) > most {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
	}
	return string(text)
}

// excerptBytes is how much of a text a message quotes.
const excerptBytes = 80

func excerpt(text []byte) string {
	text = bytes.ToValidUTF8(bytes.TrimRight(text, "\r\n"), []byte("\uFFFD"))
	if len(text) > excerptBytes {
		return string(bytes.ToValidUTF8(text[:excerptBytes], nil)) + "…"
	}
	return string(text)
}
