package attribute

import (
	"strings"
	"unicode/utf16"
)

// Size returns the size of an item in bytes: that of its names and its values
// (developer guide, "Item sizes and formats").
func Size(item Item) int {
	size := 0
	for name, v := range item.All() {
		size += len(name) + valueSize(v.(Value))
	}
	return size
}

// overhead is that of a list or a map.
const overhead = 3

func valueSize(v Value) int {
	kind, content := Content(v)
	switch kind {
	case String, Number, Binary:
		return textSize(kind, content.(string))
	case Strings, Numbers, Bytes:
		size := 0
		for _, element := range elements(content) {
			size += textSize(kind[:1], element.(string))
		}
		return size
	case List:
		size := overhead
		for _, element := range elements(content) {
			size += 1 + valueSize(element.(Value))
		}
		return size
	case Map:
		return overhead + members(content).Len() + Size(members(content))
	}
	return 1
}

func textSize(kind, text string) int {
	switch kind {
	case Binary:
		return len(decode(text))
	case Number:
		return numberSize(text)
	}
	return len(text)
}

// numberSize returns the size of a number: some one byte for two digits.
func numberSize(text string) int {
	d, _ := parseDecimal(text)
	n := len(d.digits)
	if n == 0 {
		return 1
	}
	size := 1 + (n+1)/2
	if n%2 == 0 && d.exponent%2 == 0 {
		size++
	}
	if d.negative {
		size++
	}
	return size
}

// Length returns what the function size of an expression does: the length of a
// text, or the number of elements. It reports false if the kind has no size.
func Length(v Value) (int, bool) {
	kind, content := Content(v)
	switch kind {
	case String:
		return len(utf16.Encode([]rune(content.(string)))), true
	case Binary:
		return len(decode(content.(string))), true
	case Strings, Numbers, Bytes, List:
		return len(elements(content)), true
	case Map:
		return members(content).Len(), true
	}
	return 0, false
}

// AppendKey appends a string, a number or a binary value, so that keys have the
// order of their values, and no key begins with another one.
func AppendKey(key []byte, v Value) []byte {
	kind, content := Content(v)
	text, _ := content.(string)
	switch kind {
	case Number:
		return appendNumber(key, text)
	case Binary:
		text = decode(text)
	}
	key = append(key, strings.ReplaceAll(text, "\x00", "\x00\xff")...)
	return append(key, 0, 1)
}

// appendNumber appends sign, exponent and digits. Those of negative numbers are
// turned round.
func appendNumber(key []byte, text string) []byte {
	d, _ := parseDecimal(text)
	if d.digits == "" {
		return append(key, 1)
	}
	exponent := d.exponent - leastExpo + 1
	if !d.negative {
		key = append(key, 2, byte(exponent>>8), byte(exponent))
		return append(append(key, d.digits...), 0)
	}
	key = append(key, 0, ^byte(exponent>>8), ^byte(exponent))
	for i := range len(d.digits) {
		key = append(key, ^d.digits[i])
	}
	return append(key, 0xff)
}
