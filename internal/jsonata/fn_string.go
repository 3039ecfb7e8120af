package jsonata

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
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

// mapped is a function of one string.
func mapped(f func(string) string) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		return c.text(f(c.string(0)))
	}
}

// around is a function of a string and a separator.
func around(f func(s, separator string) string) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
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

func toFloat(v any) (float64, bool) { return value.Float(v) }

// substring counts characters, not the code units that JavaScript's own does.
func substring(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s := c.string(0)
	length := utf8.RuneCountInString(s)
	start := c.number(1)
	if c.missing(1) {
		start = 0
	}
	if float64(length)+start < 0 {
		start = 0
	}
	end := math.Inf(1)
	if !c.missing(2) {
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

// trim makes one space of each run of white space, and none of one at an end.
func trim(s string) string {
	var b strings.Builder
	gap := false
	for i := 0; i < len(s); i++ {
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
	if missing > maxHeld {
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

func contains(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	if matcher := c.function(1); matcher != nil {
		m, err := c.ev.firstMatch(matcher, c.string(0))
		return m != nil, err
	}
	return strings.Contains(c.string(0), c.string(1)), nil
}

// limit is an optional upper bound.
func (c arguments) limit(i int) float64 {
	if c.missing(i) {
		return math.Inf(1)
	}
	return c.number(i)
}

func split(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s, limit := c.string(0), c.limit(2)
	if limit < 0 {
		return nil, &Error{Code: "D3020", Value: limit, index: 3}
	}
	var out []any
	if limit == 0 {
		return c.array(out)
	}
	if matcher := c.function(1); matcher != nil {
		m, err := c.ev.firstMatch(matcher, s)
		start := 0
		for err == nil && m != nil && float64(len(out)) < limit {
			out = append(out, between(s, start, m.start))
			start = m.end
			m, err = m.next()
		}
		if err != nil {
			return nil, err
		}
		if float64(len(out)) < limit {
			out = append(out, s[start:])
		}
		return c.array(out)
	}
	separator := c.string(1)
	if c.missing(1) {
		return c.array([]any{s})
	}
	limit = math.Trunc(limit)
	if separator == "" {
		for _, r := range s {
			if float64(len(out)) >= limit {
				break
			}
			out = append(out, string(r))
		}
		return c.array(out)
	}
	for float64(len(out)) < limit {
		before, after, ok := strings.Cut(s, separator)
		out = append(out, before)
		if !ok {
			break
		}
		s = after
	}
	return c.array(out)
}

// between is the text from one offset to another, in whichever order.
func between(s string, from, to int) string { return s[min(from, to):max(from, to)] }

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

func matchAll(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s, limit := c.string(0), c.limit(2)
	if limit < 0 {
		return nil, &Error{Code: "D3040", Value: limit, index: 3}
	}
	var out []any
	if limit == 0 {
		return c.sequence(out)
	}
	m, err := c.ev.firstMatch(c.function(1), s)
	for err == nil && m != nil && float64(len(out)) < limit {
		for _, g := range m.groups {
			if IsUndefined(g) {
				c.ev.inexact = true
			}
		}
		out = append(out, value.NewObject("match", m.text, "index", float64(javascript.UTF16Length(s[:m.start])), "groups", m.groups))
		if err = c.ev.tick(); err == nil {
			m, err = m.next()
		}
	}
	if err != nil {
		return nil, err
	}
	return c.sequence(out)
}

func replace(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	s, limit := c.string(0), c.limit(3)
	if c.value(1) == "" {
		return nil, &Error{Code: "D3010", Value: "", index: 2}
	}
	if limit < 0 {
		return nil, &Error{Code: "D3011", Value: limit, index: 4}
	}
	if limit == 0 {
		return s, nil
	}
	matcher := c.function(1)
	if matcher == nil {
		return c.replaceText(s, limit)
	}
	m, err := c.ev.firstMatch(matcher, s)
	var b strings.Builder
	position := 0
	for count := 0.0; err == nil && m != nil && count < limit; count++ {
		b.WriteString(between(s, position, m.start))
		var with string
		if with, err = c.replacement(m, s); err != nil {
			return nil, err
		}
		b.WriteString(with)
		if b.Len() > maxHeld {
			return nil, &Error{Message: memoryExceeded}
		}
		position = min(m.start+len(m.text), len(s))
		if err = c.ev.tick(); err == nil {
			m, err = m.next()
		}
	}
	if err != nil {
		return nil, err
	}
	b.WriteString(s[position:])
	return c.text(b.String())
}

func (c arguments) replaceText(s string, limit float64) (any, error) {
	with, ok := c.value(2).(string)
	if !ok && strings.Contains(s, c.string(1)) {
		return nil, &Error{Code: "D3012", Value: c.value(2)}
	}
	n := -1
	if !math.IsInf(limit, 1) {
		n = int(math.Ceil(min(limit, 1<<31)))
	}
	if count := strings.Count(s, c.string(1)); len(s)+count*(len(with)-len(c.string(1))) > maxHeld {
		return nil, &Error{Message: memoryExceeded}
	}
	return c.text(strings.Replace(s, c.string(1), with, n))
}

// replacement is what takes the place of a match.
func (c arguments) replacement(m *match, s string) (string, error) {
	if fn := c.function(2); fn != nil {
		v, err := c.ev.apply(fn, []any{m.value(c.ev, s)}, nil)
		if err != nil {
			return "", err
		}
		with, ok := unwrap(v).(string)
		if !ok {
			return "", &Error{Code: "D3012", Value: v}
		}
		return with, nil
	}
	return expand(c.string(2), m), nil
}

// expand fills in $0 for the match, $1 and so on for its groups, $$ for a
// dollar. Of a number with more digits than there are groups for, the excess
// is text.
func expand(template string, m *match) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			rest = rest[1:]
		case strings.HasPrefix(rest, "0"):
			b.WriteString(m.text)
			rest = rest[1:]
		default:
			digits := 1
			for n := len(m.groups); n >= 10; n /= 10 {
				digits++
			}
			index, used := leadingNumber(rest, digits)
			if digits > 1 && index > len(m.groups) {
				index, used = leadingNumber(rest, digits-1)
			}
			if used == 0 {
				b.WriteByte('$')
				break
			}
			if index >= 1 && index <= len(m.groups) {
				if g, ok := m.groups[index-1].(string); ok {
					b.WriteString(g)
				}
			}
			rest = rest[used:]
		}
		template = rest
	}
}

func leadingNumber(s string, most int) (n, digits int) {
	for digits < most && digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		n = 10*n + int(s[digits]-'0')
		digits++
	}
	return n, digits
}

// base64Encode encodes the low byte of each UTF-16 code unit, which is what
// jsonata does on Node.js.
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
	if err != nil { // AWS fails here with an internal error, Node.js ignores what it can't read
		return nil, &Error{Message: "the argument of the base64decode function is not base64: " + value.Text(c.string(0)), noToken: true}
	}
	var text strings.Builder
	for _, x := range b {
		text.WriteRune(rune(x))
	}
	return c.text(text.String())
}

// escapeURL escapes all but letters, digits and the characters given.
func escapeURL(s, unreserved string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
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

// unescaped undoes escapeURL, except that it leaves the escapes of reserved
// characters as they are.
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
