package value

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Decoder reads a sequence of JSON values, such as JSON Lines.
type Decoder struct{ d *jsontext.Decoder }

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// Next returns the next value, or io.EOF after the last one.
func (d *Decoder) Next() (any, error) { return read(d.d) }

// ErrNotArray is returned by [Decoder.Elements] if the value is not an array.
var ErrNotArray = errors.New("the value is not an array")

// Elements opens an array, so that its elements can be read one at a time.
// pointer is a JSON pointer (RFC 6901) to the array, starting from the next
// value; "" points to that value itself.
func (d *Decoder) Elements(pointer string) (*Elements, error) {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		if err := d.descend(strings.NewReplacer("~1", "/", "~0", "~").Replace(name)); err != nil {
			return nil, err
		}
	}
	switch kind := d.d.PeekKind(); kind {
	case '[':
	case 0:
		_, err := d.d.ReadToken()
		return nil, err
	default:
		return nil, ErrNotArray
	}
	_, err := d.d.ReadToken()
	return &Elements{d.d}, err
}

// descend moves to the named member of the next object, or to the element of
// the next array whose index is name.
func (d *Decoder) descend(name string) error {
	kind := d.d.PeekKind()
	if kind != '{' && kind != '[' {
		return ErrNotArray
	}
	if _, err := d.d.ReadToken(); err != nil {
		return err
	}
	for i := 0; ; i++ {
		switch d.d.PeekKind() {
		case '}', ']':
			return ErrNotArray
		}
		at := strconv.Itoa(i)
		if kind == '{' {
			token, err := d.d.ReadToken()
			if err != nil {
				return err
			}
			at = token.String()
		}
		if at == name {
			return nil
		}
		if err := d.d.SkipValue(); err != nil {
			return err
		}
	}
}

// Elements reads the elements of an array.
type Elements struct{ d *jsontext.Decoder }

// Next returns the next element, or io.EOF after the last one.
func (e *Elements) Next() (any, error) {
	if e.d.PeekKind() == ']' {
		return nil, io.EOF
	}
	x, err := read(e.d)
	return x, unexpectedEnd(err)
}
