package jsonata

import (
	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// match is one match in a text, found by a regular expression or by a function
// of the expression. Offsets are in bytes.
type match struct {
	text       string
	start, end int
	groups     []any
	next       func() (*match, error) // returns nil, nil after the last match
}

// value returns the match as an object for the expression. Its offsets count
// UTF-16 code units.
func (m *match) value(ev *evaluation, text string) any {
	if m == nil {
		return Undefined
	}
	ev.inexact = true // the object holds a function, and groups may be missing
	return value.NewObject("match", m.text,
		"start", float64(javascript.UTF16Length(text[:m.start])), "end", float64(javascript.UTF16Length(text[:m.end])),
		"groups", m.groups, "next", &nextMatch{m, text})
}

// nextMatch is the function next of a match.
type nextMatch struct {
	match *match
	text  string
}

func (*nextMatch) arity() int { return 0 }

func (n *nextMatch) call(ev *evaluation, _ []any, _ any) (any, error) {
	next, err := n.match.next()
	if err != nil {
		return nil, err
	}
	return next.value(ev, n.text), nil
}

// firstMatch applies a matcher to a text. The matcher is a regular expression,
// or a function that behaves like one.
func (ev *evaluation) firstMatch(matcher callable, text string) (*match, error) {
	if matcher == nil {
		return nil, &Error{Code: "T1006"}
	}
	if passed, ok := matcher.(*passedFunction); ok {
		matcher = passed.fn
	}
	if r, ok := matcher.(*regexFunction); ok {
		return r.first(text)
	}
	return ev.customMatch(matcher, []any{text}, text)
}

func (ev *evaluation) customMatch(matcher callable, arguments []any, text string) (*match, error) {
	v, err := ev.apply(matcher, arguments, nil)
	if err != nil {
		return nil, err
	}
	v = unwrap(v)
	if !scriptTruthy(v) {
		return nil, nil
	}
	result, _ := v.(*value.Object)
	get := func(name string) any {
		if v, ok := result.Get(name); ok {
			return v
		}
		return Undefined
	}
	start, hasStart := value.Float(get("start"))
	end, hasEnd := value.Float(get("end"))
	groups, hasGroups := elements(get("groups"))
	next, hasNext := get("next").(callable)
	if !hasStart && !hasEnd && !hasGroups && !hasNext {
		return nil, &Error{Code: "T1010"}
	}
	matched, _ := get("match").(string)
	m := &match{text: matched, start: javascript.ByteOffset(text, start), end: javascript.ByteOffset(text, end), groups: groups}
	m.next = func() (*match, error) {
		if next == nil {
			return nil, nil
		}
		return ev.customMatch(next, nil, text)
	}
	return m, nil
}
