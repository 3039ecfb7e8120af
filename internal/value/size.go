package value

import (
	"strconv"
	"unicode/utf8"
)

// Exceeds reports whether the compact JSON text of v is longer than limit
// bytes. It does not build the text.
func Exceeds(v any, limit int) bool {
	return size(v, limit, true) > limit && size(v, limit, false) > limit
}

// Size returns the length of the compact JSON text of v in bytes.
func Size(v any) int { return size(v, int(^uint(0)>>1), false) }

// Lengths that no number, and no byte of a string, exceeds.
const (
	maxNumber = 32
	maxByte   = len(`\u0000`)
)

// size returns the length of the text of v. It stops counting once it is past
// limit. If rough is true, the length is at least that: it takes all strings and
// numbers for the longest ones, and does not look into them.
func size(v any, limit int, rough bool) int {
	switch v := v.(type) {
	case nil:
		return len("null")
	case bool:
		if v {
			return len("true")
		}
		return len("false")
	case float64:
		if rough {
			return maxNumber
		}
		var digits [maxNumber]byte
		return len(appendFloat(digits[:0], v))
	case Number:
		return len(v)
	case string:
		return stringSize(v, rough)
	case []any:
		n := 2 + max(len(v)-1, 0)
		for _, element := range v {
			if n > limit {
				return n
			}
			n += size(element, limit-n, rough)
		}
		return n
	case *Object:
		n := 2 + max(v.Len()-1, 0)
		for i := range v.members {
			if n > limit {
				return n
			}
			n += stringSize(v.members[i].name, rough) + 1 + size(v.members[i].value, limit-n, rough)
		}
		return n
	}
	return len(strconv.Quote("?"))
}

func stringSize(s string, rough bool) int {
	if rough {
		return maxByte*len(s) + 2
	}
	n := len(s) + 2
	if plain(s) {
		return n
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			n++
		case c >= utf8.RuneSelf:
			return len(appendString(nil, s))
		case c < 0x20:
			n += escapeSize(c) - 1
		}
	}
	return n
}

// escapeSize returns the length of an escaped control character.
func escapeSize(c byte) int {
	switch c {
	case '\b', '\f', '\n', '\r', '\t':
		return len(`\n`)
	}
	return len(`\u0000`)
}
