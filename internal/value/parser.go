package value

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Parser reads JSON texts one after the other. For many texts it is faster than
// [Parse]. The zero Parser is ready to use; it is not for concurrent use.
type Parser struct {
	decoder *jsontext.Decoder
	text    bytes.Buffer
}

// Parse reads exactly one JSON text, as [Parse] does.
func (p *Parser) Parse(text []byte) (any, error) {
	if p.decoder == nil {
		p.decoder = new(jsontext.Decoder)
	}
	p.text = *bytes.NewBuffer(text)
	p.decoder.Reset(&p.text, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := read(p.decoder)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("got no JSON value, expected one")
		}
		return nil, err
	}
	if _, err := p.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("got more text after the JSON value at byte %d, expected the end", p.decoder.InputOffset())
	}
	return v, nil
}
