package jsonl

import (
	"encoding/json"
	"errors"
	"io"
)

// Decoder decodes one line after the other. It does what json.Unmarshal does,
// but keeps its state from line to line, which saves a third of the time.
type Decoder struct {
	decoder *json.Decoder
	rest    []byte // of the line
	given   int64  // bytes of all lines
}

// NewDecoder returns a decoder.
func NewDecoder() *Decoder {
	d := &Decoder{}
	d.decoder = json.NewDecoder((*lineReader)(d))
	return d
}

// Decode decodes a line that holds one JSON value. The decoder must not be used
// after an error.
func (d *Decoder) Decode(line []byte, into any) error {
	d.rest = line
	d.given += int64(len(line))
	if err := d.decoder.Decode(into); err != nil {
		return err
	}
	if d.decoder.InputOffset() != d.given {
		return errors.New("got more than one value in a line")
	}
	return nil
}

// lineReader hands a decoder's line to encoding/json.
type lineReader Decoder

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
