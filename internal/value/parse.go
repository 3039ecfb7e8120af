package value

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Parse reads exactly one JSON value. If a name is repeated in an object, the
// last member wins. An error names the byte offset at which parsing failed.
func Parse(text []byte) (any, error) {
	if v, ok := scan(text); ok {
		return v, nil
	}
	return parse(text)
}

// parse does what Parse does, with a decoder of tokens.
func parse(text []byte) (any, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := read(d)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the text is empty, expected a JSON value")
		}
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("text follows the JSON value at byte %d, expected the end", d.InputOffset())
	}
	return v, nil
}

func read(d *jsontext.Decoder) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 'n':
		return nil, nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case '"':
		return token.String(), nil
	case '0':
		return number(token.String()), nil
	case '[':
		list := []any{}
		for d.PeekKind() != ']' {
			v, err := read(d)
			if err != nil {
				return nil, unexpectedEnd(err)
			}
			list = append(list, v)
		}
		_, err := d.ReadToken()
		return list, err
	default:
		object := &Object{}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, unexpectedEnd(err)
			}
			key := name.String()
			v, err := read(d)
			if err != nil {
				return nil, unexpectedEnd(err)
			}
			object.Set(key, v)
		}
		_, err := d.ReadToken()
		return object, err
	}
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
