// Package value holds JSON values as the state machine engine and its
// expression languages see them.
//
// A value is one of nil, bool, float64, [Number], string, []any and *[Object].
// Objects keep the order of their members, because Step Functions does, and an
// expression can see it. Values are shared freely between states and branches:
// whoever changes one makes a copy first.
package value

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Number is the literal of a JSON number that a float64 would not carry
// exactly, such as a 64-bit identifier: it passes through unchanged. Every
// other number is a float64.
type Number string

// Float is the nearest float64.
func (n Number) Float() float64 {
	f, _ := strconv.ParseFloat(string(n), 64)
	return f
}

// Float reports the number that v is, if it is one.
func Float(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case Number:
		return n.Float(), true
	}
	return 0, false
}

// Parse reads exactly one JSON text. Of members with equal names the last one
// counts. An error names the byte offset at which the text goes wrong.
func Parse(text []byte) (any, error) { return new(Parser).Parse(text) }

// Decoder reads a sequence of JSON values, such as JSON Lines.
type Decoder struct{ d *jsontext.Decoder }

// NewDecoder reads values from r.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// Next is the next value, or io.EOF after the last one.
func (d *Decoder) Next() (any, error) { return read(d.d) }

// ErrNotArray is what [Decoder.Elements] finds in the place of an array.
var ErrNotArray = errors.New("got another value, expected an array")

// Elements opens the array that comes next, so that its elements can be read
// one at a time. A JSON pointer (RFC 6901) says where in the value the array
// is; "" is the value itself.
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

// descend goes to a member of the object, or an element of the array, that
// comes next.
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

// Elements are the elements of an array that is being read.
type Elements struct{ d *jsontext.Decoder }

// Next is the next element, or io.EOF after the last one.
func (e *Elements) Next() (any, error) {
	if e.d.PeekKind() == ']' {
		return nil, io.EOF
	}
	x, err := read(e.d)
	return x, unexpectedEnd(err)
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

func number(literal string) any {
	f, err := strconv.ParseFloat(literal, 64)
	if len(literal) <= 15 && err == nil {
		return f
	}
	if err != nil || string(appendFloat(nil, f)) != literal {
		return Number(literal)
	}
	if math.Abs(f) > 1<<53 {
		return Number(literal)
	}
	return f
}

// Append appends the compact JSON text of v. It panics on a Go value that is
// not a JSON value: that is a fault of the caller.
func Append(text []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(text, "null"...)
	case bool:
		return strconv.AppendBool(text, v)
	case float64:
		return appendFloat(text, v)
	case Number:
		return append(text, v...)
	case string:
		return appendString(text, v)
	case []any:
		text = append(text, '[')
		for i, element := range v {
			if i > 0 {
				text = append(text, ',')
			}
			text = Append(text, element)
		}
		return append(text, ']')
	case *Object:
		text = append(text, '{')
		for i, m := range v.members {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendString(text, m.name)
			text = append(text, ':')
			text = Append(text, m.value)
		}
		return append(text, '}')
	}
	panic(fmt.Sprintf("value: got a %T, expected a JSON value", v))
}

// Text is the compact JSON text of v.
func Text(v any) string { return string(Append(nil, v)) }

// appendFloat writes a number as JavaScript and Java do for whole numbers:
// 1 for 1.0, exponents only for the very large and the very small.
func appendFloat(text []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.AppendInt(text, int64(f), 10)
	}
	format := byte('f')
	if abs := math.Abs(f); abs < 1e-6 || abs >= 1e21 {
		format = 'e'
	}
	start := len(text)
	text = strconv.AppendFloat(text, f, format, -1, 64)
	if format == 'e' { // 1e-07 is 1e-7 in JSON of other languages
		if n := len(text); n-start >= 4 && text[n-4] == 'e' && text[n-2] == '0' {
			text[n-2] = text[n-1]
			text = text[:n-1]
		}
	}
	return text
}

func appendString(text []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := jsontext.AppendQuote(text, s)
			if err != nil { // invalid UTF-8 was replaced
				return quoted
			}
			return quoted
		}
	}
	text = append(text, '"')
	text = append(text, s...)
	return append(text, '"')
}

// Equal reports whether a and b are the same JSON value: numbers by value,
// members in any order.
func Equal(a, b any) bool {
	if x, ok := Float(a); ok {
		y, ok := Float(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for name, x := range a.All() {
			y, ok := b.Get(name)
			if !ok || !Equal(x, y) {
				return false
			}
		}
		return true
	}
	return a == b
}
