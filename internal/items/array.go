package items

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/value"
)

// array are the elements of a JSON array.
type array struct {
	in      *input
	decoder *jsontext.Decoder
}

func openArray(in *input, pointer string) (*array, error) {
	a := &array{in: in, decoder: jsontext.NewDecoder(in, lenient...)}
	in.limit = math.MaxInt // what is skipped may have any length
	if pointer != "" {
		for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			if err := a.descend(strings.NewReplacer("~1", "/", "~0", "~").Replace(name), pointer); err != nil {
				return nil, err
			}
		}
	}
	if a.decoder.PeekKind() != '[' {
		return nil, a.notArray("")
	}
	if _, err := a.decoder.ReadToken(); err != nil {
		return nil, a.problem(err, "an array of items")
	}
	in.since, in.limit = 0, maxItemBytes
	return a, nil
}

// notArray reports what stands in the place of an array.
func (a *array) notArray(where string) error {
	switch a.decoder.PeekKind() {
	case '[', '{', '"', '0', 't', 'f', 'n', ']', '}':
		return a.in.problem(a.line(), "got %s%s, %w", excerpt(a.rest()), where, ErrNotArray)
	}
	_, err := a.decoder.ReadToken()
	return a.problem(err, "an array of items")
}

// descend goes to a member of the object, or to an element of the array, that
// comes next.
func (a *array) descend(name, pointer string) error {
	d := a.decoder
	kind := d.PeekKind()
	if kind != '{' && kind != '[' {
		return a.notArray(" on the way to " + pointer)
	}
	if _, err := d.ReadToken(); err != nil {
		return a.problem(err, "JSON")
	}
	for i := 0; ; i++ {
		switch d.PeekKind() {
		case '}', ']':
			return a.in.problem(a.line(), "got nothing at %s, %w", pointer, ErrNotArray)
		}
		at := strconv.Itoa(i)
		if kind == '{' {
			token, err := d.ReadToken()
			if err != nil {
				return a.problem(err, "JSON")
			}
			at = token.String()
		}
		if at == name {
			return nil
		}
		if err := d.SkipValue(); err != nil {
			return a.problem(err, "JSON")
		}
	}
}

// next returns the text of the next element, valid until the next call.
func (a *array) next() (jsontext.Value, error) {
	if a.decoder.PeekKind() == ']' {
		return nil, a.end()
	}
	element, err := a.decoder.ReadValue()
	if err != nil {
		return nil, a.problem(err, "an array of items, to its end")
	}
	a.in.since = 0
	if !utf8.Valid(element) {
		return nil, a.in.checkUTF8(a.line(), element)
	}
	return element, nil
}

// end reads to the end of the text, and returns io.EOF if it is there.
func (a *array) end() error {
	d := a.decoder
	a.in.limit = math.MaxInt
	for first := true; first || d.StackDepth() > 0; first = false {
		if _, err := d.ReadToken(); err != nil {
			return a.problem(err, "JSON to its end")
		}
	}
	if d.PeekKind() == 0 { // the end, or text that is not JSON
		if _, err := d.ReadToken(); errors.Is(err, io.EOF) {
			return io.EOF
		}
	}
	return a.problem(nil, "nothing after the array of items")
}

func (a *array) value() (any, error) {
	element, err := a.next()
	if err != nil {
		return nil, err
	}
	return value.Parse(element)
}

func (a *array) text() (json.RawMessage, error) {
	element, err := a.next()
	switch {
	case err != nil:
		return nil, err
	case !element.IsValid():
		return normal(element), nil
	case bytes.IndexByte(element, '\n') >= 0 || bytes.IndexByte(element, '\r') >= 0:
		element = element.Clone()
		err = element.Compact()
		return json.RawMessage(element), err
	}
	return bytes.Clone(element), nil
}

func (a *array) close() error { return a.in.close() }

// problem reports the line at which the value begins that could not be read.
func (a *array) problem(err error, expected string) error {
	line, got := a.line(), a.rest()
	var syntax *jsontext.SyntacticError
	switch {
	case len(got) == 0:
		return a.in.problem(line, "got the end of the text, expected %s", expected)
	case errors.As(err, &syntax):
		return a.in.problem(line, "got %s (%v), expected %s", excerpt(got), syntax.Err, expected)
	}
	return a.in.problem(line, "got %s, expected %s", excerpt(got), expected)
}

const between = " \t\r\n,:"

// rest returns the text that was not read yet, to the end of its line.
func (a *array) rest() []byte {
	rest := append(bytes.Clone(bytes.TrimLeft(a.decoder.UnreadBuffer(), between)), a.in.ahead()...)
	rest, _, _ = bytes.Cut(rest, []byte("\n"))
	return rest
}

// line returns the line on which rest begins.
func (a *array) line() int {
	unread := a.decoder.UnreadBuffer()
	begun := bytes.TrimLeft(unread, between)
	return 1 + a.in.feeds - bytes.Count(begun, []byte("\n"))
}
