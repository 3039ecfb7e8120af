package value

import (
	"io"

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
