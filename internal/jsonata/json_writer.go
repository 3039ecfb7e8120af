package jsonata

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// jsonWriter writes JSON as JSON.stringify does.
type jsonWriter struct {
	text   []byte
	round  bool // round numbers to 15 significant digits
	indent int  // the spaces per level; 0 writes a single line
	limit  int  // the maximum length in bytes
	err    error
}

func (w *jsonWriter) value(v any, level int) {
	if len(w.text) > w.limit {
		w.err = &Error{Message: memoryExceeded}
	}
	if w.err != nil {
		return
	}
	switch v := v.(type) {
	case undefined:
		w.text = append(w.text, "null"...)
	case float64:
		switch {
		case v-v != 0:
			if w.round && v == v {
				w.err = finite(v)
			}
			w.text = append(w.text, "null"...)
		case w.round:
			w.text = value.Append(w.text, javascript.Round15(v))
		default:
			w.text = value.Append(w.text, v)
		}
	case value.Number:
		if w.round && strings.ContainsAny(string(v), ".eE") {
			w.text = value.Append(w.text, javascript.Round15(v.Float()))
		} else {
			w.text = append(w.text, v...)
		}
	case string:
		w.string(v)
	case callable:
		w.text = append(w.text, `""`...)
	case *value.Object:
		w.text = append(w.text, '{')
		first := true
		for name, m := range v.All() {
			if w.err != nil {
				return
			}
			if !first {
				w.text = append(w.text, ',')
			}
			first = false
			w.line(level + 1)
			w.string(name)
			w.text = append(w.text, ':')
			if w.indent > 0 {
				w.text = append(w.text, ' ')
			}
			w.value(m, level+1)
		}
		if !first {
			w.line(level)
		}
		w.text = append(w.text, '}')
	case []any:
		w.array(v, level)
	case *list:
		w.array(v.items, level)
	default:
		w.text = value.Append(w.text, v)
	}
}

func (w *jsonWriter) array(items []any, level int) {
	w.text = append(w.text, '[')
	for i, item := range items {
		if w.err != nil {
			return
		}
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.line(level + 1)
		w.value(item, level+1)
	}
	if len(items) > 0 {
		w.line(level)
	}
	w.text = append(w.text, ']')
}

func (w *jsonWriter) line(level int) {
	if w.indent > 0 {
		w.text = append(w.text, '\n')
		w.text = append(w.text, strings.Repeat(" ", w.indent*level)...)
	}
}

func (w *jsonWriter) string(s string) {
	w.text = append(w.text, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		w.text = append(w.text, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			w.text = append(w.text, '\\', c)
		case '\b':
			w.text = append(w.text, `\b`...)
		case '\f':
			w.text = append(w.text, `\f`...)
		case '\n':
			w.text = append(w.text, `\n`...)
		case '\r':
			w.text = append(w.text, `\r`...)
		case '\t':
			w.text = append(w.text, `\t`...)
		default:
			w.text = fmt.Appendf(w.text, `\u%04x`, c)
		}
	}
	w.text = append(append(w.text, s[start:]...), '"')
}
