package jsonata

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

var stringFunctions = []*native{
	function("string", "<x-b?:s>", 1, stringOf),
	function("length", "<s-:n>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		return float64(utf8.RuneCountInString(c.string(0))), nil
	}),
	function("substring", "<s-nn?:s>", 3, substring),
	function("substringBefore", "<s-s:s>", 2, around(func(s, separator string) string {
		before, _, _ := strings.Cut(s, separator)
		return before
	})),
	function("substringAfter", "<s-s:s>", 2, around(func(s, separator string) string {
		if _, after, ok := strings.Cut(s, separator); ok {
			return after
		}
		return s
	})),
	function("lowercase", "<s-:s>", 1, mapped(javascript.Lowercase)),
	function("uppercase", "<s-:s>", 1, mapped(javascript.Uppercase)),
	function("trim", "<s-:s>", 1, mapped(trim)),
	function("pad", "<s-ns?:s>", 3, pad),
	function("contains", "<s-(sf):b>", 2, contains),
	function("split", "<s-(sf)n?:a<s>>", 3, split),
	function("join", "<a<s>s?:s>", 2, join),
	function("match", "<s-f<s:o>n?:a<o>>", 3, matchAll),
	function("replace", "<s-(sf)(sf)n?:s>", 4, replace),
	function("base64encode", "<s-:s>", 1, mapped(base64Encode)),
	function("base64decode", "<s-:s>", 1, base64Decode),
	function("encodeUrlComponent", "<s-:s>", 1, mapped(func(s string) string { return escapeURL(s, "-_.!~*'()") })),
	function("encodeUrl", "<s-:s>", 1, mapped(func(s string) string { return escapeURL(s, "-_.!~*'();/?:@&=+$,#") })),
	function("decodeUrlComponent", "<s-:s>", 1, unescaped("decodeUrlComponent", "")),
	function("decodeUrl", "<s-:s>", 1, unescaped("decodeUrl", ";/?:@&=+$,#")),
}

// mapped returns a built-in function of one string.
func mapped(f func(string) string) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		return c.text(f(c.string(0)))
	}
}

// around returns a built-in function of a string and a separator.
func around(f func(s, separator string) string) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		if c.missing(1) {
			return c.value(0), nil
		}
		return f(c.string(0), c.string(1)), nil
	}
}

func stringOf(c arguments) (any, error) {
	switch v := c.value(0).(type) {
	case string, undefined:
		return v, nil
	case callable:
		return "", nil
	}
	var text []byte
	var err error
	if c.value(1) == true && !isNumber(c.value(0)) {
		v := c.value(0)
		if l, ok := v.(*list); ok && l.outer {
			v = l.items[0]
		}
		w := &jsonWriter{round: true, indent: 2, limit: maxHeld}
		w.value(v, 0)
		text, err = w.text, w.err
	} else {
		text, err = c.ev.appendString(nil, c.value(0))
	}
	if err != nil {
		return nil, err
	}
	return c.text(string(text))
}

func isNumber(v any) bool { return letter(v) == 'n' }

// substring implements $substring. It counts characters, whereas JavaScript's
// substring counts code units.
func substring(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s := c.string(0)
	length := utf8.RuneCountInString(s)
	start := c.number(1)
	if float64(length)+start < 0 {
		start = 0
	}
	end := math.Inf(1)
	if !c.missing(2) {
		if c.missing(1) { // no start plus a length is not a number, which slices to nothing
			return "", nil
		}
		n := c.number(2)
		if n <= 0 {
			return "", nil
		}
		end = start + n
		if start < 0 {
			end += float64(length)
		}
	}
	from, to := javascript.SliceIndex(start, length), javascript.SliceIndex(end, length)
	if from >= to {
		return "", nil
	}
	if length == len(s) {
		return s[from:to], nil
	}
	return string([]rune(s)[from:to]), nil
}

// trim replaces each run of white space by one space, and removes white space
// at both ends.
func trim(s string) string {
	var b strings.Builder
	gap := false
	for i := range len(s) {
		switch s[i] {
		case ' ', '\t', '\n', '\r':
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteByte(s[i])
	}
	return b.String()
}

func pad(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s, width, char := c.string(0), c.number(1), c.string(2)
	if char == "" {
		char = " "
	}
	missing := math.Trunc(math.Abs(width)) - float64(utf8.RuneCountInString(s))
	if !(missing > 0) {
		return s, nil
	}
	if missing > maxPadding {
		return nil, &Error{Message: memoryExceeded}
	}
	runes := []rune(char)
	var b strings.Builder
	for i := range int(missing) {
		b.WriteRune(runes[i%len(runes)])
	}
	if width > 0 {
		return c.text(s + b.String())
	}
	return c.text(b.String() + s)
}

func join(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	var b strings.Builder
	for i, item := range c.items(0) {
		if i > 0 {
			b.WriteString(c.string(1))
		}
		s, _ := item.(string)
		b.WriteString(s)
		if b.Len() > maxHeld {
			break
		}
	}
	return c.text(b.String())
}
