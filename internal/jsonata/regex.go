package jsonata

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// regexTimeout bounds one match: a regular expression of the ECMAScript kind
// can take exponential time.
const regexTimeout = time.Second

// regex is a regular expression literal. It is a function: applied to a string
// it yields a match, which holds the function that yields the next one.
type regex struct {
	source string
	re     *regexp2.Regexp
	wide   *regexp2.Regexp // for texts beyond ASCII, if it has to differ: see withBoundaries
}

func newRegex(pattern, flags string) (*regex, *Error) {
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	if strings.Contains(flags, "i") {
		options |= regexp2.IgnoreCase
	}
	if strings.Contains(flags, "m") {
		options |= regexp2.Multiline
	}
	invalid := func(reason string) *Error {
		return &Error{Message: "Invalid regular expression: /" + pattern + "/" + flags + "g: " + reason}
	}
	numbered, ok := numberGroups(pattern)
	if !ok {
		return nil, invalid("Duplicate capture group name")
	}
	re, err := regexp2.Compile(numbered, options)
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), ": ")
		return nil, invalid(reason)
	}
	re.MatchTimeout = regexTimeout
	r := &regex{source: pattern, re: re}
	if spelt := withBoundaries(numbered); spelt != numbered {
		if r.wide, err = regexp2.Compile(spelt, options); err != nil {
			return nil, invalid(err.Error())
		}
		r.wide.MatchTimeout = regexTimeout
	}
	return r, nil
}

// match is one match of a matcher in a text. Offsets are bytes.
type match struct {
	text       string
	start, end int
	groups     []any
	next       func() (*match, error) // nil, nil when there is no further one
}

// scan finds matches in a text from a byte offset on.
type scan struct {
	regex *regex
	re    *regexp2.Regexp
	text  string
	runes []rune
}

func (r *regex) first(text string) (*match, error) {
	s := &scan{regex: r, re: r.re, text: text, runes: []rune(text)}
	if r.wide != nil && !javascript.IsASCII(text) {
		s.re = r.wide
	}
	return s.from(0, 0)
}

// from is the first match at or after an offset, given in runes and in bytes.
func (s *scan) from(at, offset int) (*match, error) {
	found, err := s.re.FindRunesMatchStartingAt(s.runes, at)
	if err != nil {
		return nil, &Error{Message: timedOut}
	}
	if found == nil {
		return nil, nil
	}
	start := offset + byteLength(s.runes[at:found.Index])
	m := &match{text: found.String(), start: start, groups: []any{}}
	m.end = start + len(m.text)
	for _, g := range found.Groups()[1:] {
		if len(g.Captures) == 0 {
			m.groups = append(m.groups, Undefined)
		} else {
			m.groups = append(m.groups, g.String())
		}
	}
	end := found.Index + found.Length
	m.next = func() (*match, error) {
		if end >= len(s.runes) {
			return nil, nil
		}
		next, err := s.from(end, m.end)
		if err == nil && next != nil && next.text == "" {
			return nil, &Error{Code: "D1004", Value: s.regex.source}
		}
		return next, err
	}
	return m, nil
}

func byteLength(runes []rune) int {
	n := 0
	for _, r := range runes {
		n += max(utf8.RuneLen(r), 1)
	}
	return n
}

func (*regex) arity() int { return 2 }

func (r *regex) call(ev *evaluation, arguments []any, _ any) (any, error) {
	if len(arguments) == 0 {
		return Undefined, nil
	}
	text, ok := arguments[0].(string)
	if !ok {
		if _, isFunction := arguments[0].(callable); isFunction || IsUndefined(arguments[0]) {
			return Undefined, nil
		}
		text = ev.plainText(arguments[0])
	}
	m, err := r.first(text)
	if err != nil {
		return nil, err
	}
	return m.value(ev, text), nil
}

// value is the match as the expression sees it: offsets count UTF-16 code
// units.
func (m *match) value(ev *evaluation, text string) any {
	if m == nil {
		return Undefined
	}
	ev.inexact = true // it holds a function, and groups may be missing
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

// firstMatch applies a matcher: a regular expression, or a function of the
// expression that behaves like one.
func (ev *evaluation) firstMatch(matcher callable, text string) (*match, error) {
	if r, ok := matcher.(*regex); ok {
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

// scriptTruthy is what JavaScript takes for true.
func scriptTruthy(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0 && v == v
	case value.Number:
		return v.Float() != 0
	}
	return true
}
