package value

import (
	"fmt"
	"math"
	"strconv"
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
func Text(v any) string { return string(Append(nil, v)) }

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
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := jsontext.AppendQuote(text, s) // the error reports invalid UTF-8, which is replaced
			return quoted
		}
	}
	text = append(text, '"')
	text = append(text, s...)
	return append(text, '"')
}
