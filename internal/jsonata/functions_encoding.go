package jsonata

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/value"
)

// base64Encode encodes the low byte of each UTF-16 code unit, as jsonata does
// on Node.js.
func base64Encode(s string) string {
	var b []byte
	for _, r := range s {
		if r >= 0x10000 {
			r -= 0x10000
			b = append(b, byte(r>>10), byte(r&0x3FF))
			continue
		}
		b = append(b, byte(r))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func base64Decode(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s := strings.TrimRight(strings.Map(func(r rune) rune {
		switch r {
		case '-':
			return '+'
		case '_':
			return '/'
		case ' ', '\t', '\n', '\r':
			return -1
		}
		return r
	}, c.string(0)), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil { // AWS fails with an internal error, Node.js ignores invalid characters
		return nil, &Error{Message: "the argument of the base64decode function is not valid base64: " + value.Text(c.string(0)), noToken: true}
	}
	var text strings.Builder
	for _, x := range b {
		text.WriteRune(rune(x))
	}
	return c.text(text.String())
}

// escapeURL escapes all characters except letters, digits and those in
// unreserved.
func escapeURL(s, unreserved string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(unreserved, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// unescaped returns a built-in function that reverses escapeURL. It keeps the
// escapes of reserved characters.
func unescaped(name, reserved string) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		s := c.string(0)
		malformed := &Error{Code: "D3140", Value: s, functionName: name}
		var b []byte
		for i := 0; i < len(s); i++ {
			if s[i] != '%' {
				b = append(b, s[i])
				continue
			}
			start := i
			var raw []byte
			for i < len(s) && s[i] == '%' {
				x, ok := hexByte(s, i+1)
				if !ok {
					return nil, malformed
				}
				raw = append(raw, x)
				i += 3
				if r, size := utf8.DecodeRune(raw); r != utf8.RuneError && size == len(raw) {
					break
				}
				if len(raw) == 4 || len(raw) == 1 && (raw[0] < 0xC2 || raw[0] > 0xF4) {
					return nil, malformed
				}
			}
			i--
			if !utf8.Valid(raw) {
				return nil, malformed
			}
			if len(raw) == 1 && strings.IndexByte(reserved, raw[0]) >= 0 {
				b = append(b, s[start:i+1]...)
			} else {
				b = append(b, raw...)
			}
		}
		return c.text(string(b))
	}
}

func hexByte(s string, at int) (byte, bool) {
	if at+2 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+2], 16, 8)
	return byte(n), err == nil
}
