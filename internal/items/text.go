package itemsource

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// maxItemBytes is how long an item may be. It is what a chunk may have: a
// longer one, or a quote that is never closed, would fill the memory.
const maxItemBytes = 16 << 20

// text is what parsers read of an object. It knows where they are, and why
// they can't go on where that is no fault of the text's.
type text struct {
	object fmt.Stringer
	from   *bufio.Reader
	feeds  int   // line feeds read
	since  int   // bytes read since the last item
	err    error // of reading, but for io.EOF
}

func textOf(object fmt.Stringer, content io.Reader) *text {
	return &text{object: object, from: bufio.NewReaderSize(content, 1<<16)}
}

// skipMark passes over a byte order mark: before a quote it would make the
// quote a part of the field. What can't be read here can't be read later.
func (t *text) skipMark() {
	if begun, _ := t.from.Peek(len(byteOrderMark)); string(begun) == byteOrderMark {
		_, _ = t.from.Discard(len(byteOrderMark))
	}
}

const byteOrderMark = "\uFEFF"

func (t *text) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	if t.since > maxItemBytes {
		t.err = failed("%s: line %d: got more than %d MiB without the end of an item, expected shorter ones (or a quote or bracket is not closed before)",
			t.object, t.feeds+1, maxItemBytes>>20)
		return 0, t.err
	}
	n, err := t.from.Read(p)
	t.feeds += bytes.Count(p[:n], []byte("\n"))
	t.since += n
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// item is to be called after each item.
func (t *text) item() { t.since = 0 }

// problem says what is wrong with an item, where it was read.
func (t *text) problem(line int, format string, args ...any) error {
	if t.err != nil {
		return t.err
	}
	return failed("%s: line %d: %s", t.object, line, fmt.Sprintf(format, args...))
}

// ahead is what comes next, for a message.
func (t *text) ahead() []byte {
	if t.err != nil {
		return nil
	}
	next, _ := t.from.Peek(excerptBytes + 1) // fewer at the end
	return next
}
