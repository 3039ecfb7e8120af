package value

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Append appends the compact JSON text of v. It panics if v is not a JSON
// value, which is a bug in the caller.
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

// Text returns the compact JSON text of v.
func Text(v any) string {
	room := rooms.Get().(*[]byte)
	*room = Append((*room)[:0], v)
	text := string(*room)
	leave(room)
	return text
}

// Encode returns the compact JSON text of v, as [Append] does, in memory of its size.
func Encode(v any) []byte {
	room := rooms.Get().(*[]byte)
	*room = Append((*room)[:0], v)
	text := bytes.Clone(*room)
	leave(room)
	return text
}

// rooms are for texts while they grow.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// maxRoom is the size of a text whose room is kept for others.
const maxRoom = 64 << 10

func leave(room *[]byte) {
	if cap(*room) <= maxRoom {
		rooms.Put(room)
	}
}

// appendFloat appends a number as JavaScript writes it: 1 for 1.0, with an
// exponent only if the number is very large or very small.
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
	if format == 'e' { // JavaScript writes 1e-7, not 1e-07
		if n := len(text); n-start >= 4 && text[n-4] == 'e' && text[n-2] == '0' {
			text[n-2] = text[n-1]
			text = text[:n-1]
		}
	}
	return text
}

func appendString(text []byte, s string) []byte {
	if !plain(s) {
		text, _ = jsontext.AppendQuote(text, s) // the error reports invalid UTF-8, which is replaced
		return text
	}
	text = append(text, '"')
	text = append(text, s...)
	return append(text, '"')
}

// plain reports whether a string is its own text between quotes: it has ASCII only,
// and nothing that is escaped. It looks at eight bytes at once.
func plain(s string) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		quote, backslash := x^each*'"', x^each*'\\'
		// The high bit is set in a byte that is not ASCII, and in one from which more
		// is taken than it has.
		if (x|(x-each*' ')|(quote-each)|(backslash-each))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
