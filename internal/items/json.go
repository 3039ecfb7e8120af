package itemsource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// readValues reads JSON Lines.
func readValues(ctx context.Context, from *Source, yield func(json.RawMessage) error) error {
	object, err := open(ctx, from.Bucket, from.Key)
	if err != nil {
		return err
	}
	defer object.Close()
	for d := newDecoder(object); ; {
		item, err := d.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return d.problem(err, "one JSON value in each line")
		}
		if err := yield(item); err != nil {
			return err
		}
	}
}

// readArray reads the elements of an array.
func readArray(ctx context.Context, from *Source, yield func(json.RawMessage) error) error {
	object, err := open(ctx, from.Bucket, from.Key)
	if err != nil {
		return err
	}
	defer object.Close()
	d := newDecoder(object)
	if d.PeekKind() != '[' {
		return d.problem(nil, "an array of items")
	}
	if _, err := d.ReadToken(); err != nil {
		return d.problem(err, "an array of items")
	}
	for d.PeekKind() != ']' {
		item, err := d.next()
		if err != nil {
			return d.problem(err, "an array of items, to its end")
		}
		if err := yield(item); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return d.problem(err, "an array of items, to its end")
	}
	if d.PeekKind() == 0 { // what there is is no more JSON: the end, or nothing that can be read
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) { // where the checksum was compared, too
			return nil
		}
	}
	return d.problem(err, "nothing after the array of items")
}

// lenient takes what Step Functions takes, see [normal].
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

type decoder struct {
	*jsontext.Decoder
	text *text
}

func newDecoder(o *object) *decoder {
	t := textOf(o, o)
	return &decoder{jsontext.NewDecoder(t, lenient...), t}
}

// next is the next value, or io.EOF.
func (d *decoder) next() (json.RawMessage, error) {
	value, err := d.ReadValue()
	if err != nil {
		return nil, err
	}
	d.text.item()
	return normal(value)
}

// problem names the line in which the value begins that could not be read.
func (d *decoder) problem(err error, expected string) error {
	rest := d.UnreadBuffer()
	line := 1 + d.text.feeds - bytes.Count(rest, []byte("\n"))
	begun := bytes.TrimLeft(rest, " \t\r\n,")
	line += bytes.Count(rest[:len(rest)-len(begun)], []byte("\n"))
	got, _, _ := bytes.Cut(append(bytes.Clone(begun), d.text.ahead()...), []byte("\n"))
	if len(got) == 0 {
		return d.text.problem(line, "got the end of the object, expected %s", expected)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return d.text.problem(line, "got %s (%v), expected %s", excerpt(got), syntax.Err, expected)
	}
	return d.text.problem(line, "got %s, expected %s", excerpt(got), expected)
}

// excerptBytes is how much of a text is quoted.
const excerptBytes = 80

func excerpt(text []byte) string {
	text = bytes.ToValidUTF8(bytes.TrimRight(text, "\r"), []byte("\uFFFD"))
	if len(text) > excerptBytes {
		return string(bytes.ToValidUTF8(text[:excerptBytes], nil)) + "…"
	}
	return string(text)
}

// normal is a copy of the value as Step Functions hands it on: of members with
// equal names only the last one counts, in the place of the first, and what is
// not UTF-8 is replaced.
func normal(value jsontext.Value) (json.RawMessage, error) {
	if value.IsValid() { // under the strict rules, as nearly all are
		return bytes.Clone(value), nil
	}
	return appendNormal(nil, jsontext.NewDecoder(bytes.NewReader(value), lenient...))
}

func appendNormal(to []byte, d *jsontext.Decoder) ([]byte, error) {
	switch d.PeekKind() {
	case '{':
		return appendObject(to, d)
	case '[':
		_, err := d.ReadToken()
		to = append(to, '[')
		for i := 0; err == nil && d.PeekKind() != ']'; i++ {
			if i > 0 {
				to = append(to, ',')
			}
			to, err = appendNormal(to, d)
		}
		if err == nil {
			_, err = d.ReadToken()
		}
		return append(to, ']'), err
	}
	token, err := d.ReadToken()
	if err == nil && token.Kind() == '"' {
		return appendQuoted(to, token.String()), nil
	}
	return append(to, token.String()...), err
}

func appendObject(to []byte, d *jsontext.Decoder) ([]byte, error) {
	var names []string
	values := map[string][]byte{}
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() != '}' {
		var token jsontext.Token
		if token, err = d.ReadToken(); err != nil {
			return nil, err
		}
		name := token.String()
		if _, again := values[name]; !again {
			names = append(names, name)
		}
		values[name], err = appendNormal(nil, d)
	}
	if err == nil {
		_, err = d.ReadToken()
	}
	to = append(to, '{')
	for i, name := range names {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(append(appendQuoted(to, name), ':'), values[name]...)
	}
	return append(to, '}'), err
}

// appendQuoted writes a JSON string, and U+FFFD for what is not UTF-8.
func appendQuoted(to []byte, text string) []byte {
	to, _ = jsontext.AppendQuote(to, text) // its only error is the replacing
	return to
}
