package jsonata

import (
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// appendString appends $string(v): a string unchanged, any other value as JSON
// with numbers rounded to 15 significant digits.
func (ev *evaluation) appendString(text []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return append(text, v...), nil
	case undefined, callable:
		return text, nil
	case float64:
		if v-v != 0 {
			return nil, &Error{Code: "D3001", Value: v}
		}
	}
	if l, ok := v.(*list); ok && l.outer {
		v = l.items[0]
	}
	w := &jsonWriter{text: text, round: true, limit: maxHeld}
	w.value(v, 0)
	return w.text, w.err
}

// plainText returns $string(v), or "" if that fails.
func (ev *evaluation) plainText(v any) string {
	text, err := ev.appendString(nil, v)
	if err != nil {
		return ""
	}
	return string(text)
}

// scriptText returns v as JavaScript converts it to a string.
func (ev *evaluation) scriptText(v any) string {
	if _, ok := v.(*value.Object); ok {
		return "[object Object]"
	}
	items, ok := elements(v)
	if !ok {
		if n, ok := v.(float64); ok {
			return value.Text(n)
		}
		return ev.plainText(v)
	}
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		if !ev.walk() || b.Len() > maxHeld {
			break
		}
		if item != nil {
			b.WriteString(ev.scriptText(item))
		}
	}
	return b.String()
}

// messageJSON returns a value as error messages show it.
func messageJSON(v any) string {
	if _, ok := v.(callable); ok {
		return "undefined"
	}
	w := &jsonWriter{limit: maxMessage}
	w.value(v, 0)
	return string(w.text)
}

// shown returns a value as an error carries it, or nil if the value is too
// large.
func shown(v any) any {
	w := &jsonWriter{limit: maxMessage}
	if w.value(v, 0); w.err != nil {
		return nil
	}
	v, _ = new(evaluation).export(v)
	return v
}

// maxMessage bounds the bytes of a value in an error message. AWS truncates a
// cause to 32,768 characters.
const maxMessage = 1 << 15
