package jsonata

import (
	"math"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

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
			if err = c.ev.tick(); err == nil {
				m, err = m.next()
			}
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

// between returns the text between two offsets, which may come in either order.
func between(s string, from, to int) string { return s[min(from, to):max(from, to)] }

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
		if err = c.replacement(&b, m, s); err != nil {
			return nil, err
		}
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
	if c.missing(2) {
		with, ok = "undefined", true // as in JavaScript
	}
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

// replacement appends the text that replaces a match.
func (c arguments) replacement(b *strings.Builder, m *match, s string) error {
	fn := c.function(2)
	if fn == nil {
		expand(b, c.string(2), m)
		return nil
	}
	v, err := c.ev.apply(fn, []any{m.value(c.ev, s)}, nil)
	if err != nil {
		return err
	}
	with, ok := unwrap(v).(string)
	if !ok {
		return &Error{Code: "D3012", Value: v}
	}
	b.WriteString(with)
	return nil
}

// expand appends the template with $0 replaced by the match, $1, $2, … by its
// groups, and $$ by a dollar. If a number has more digits than the count of groups,
// the excess digits are text. It stops when the text exceeds the memory limit.
func expand(b *strings.Builder, template string, m *match) {
	for b.Len() <= maxHeld {
		before, rest, ok := strings.Cut(template, "$")
		b.WriteString(before)
		if !ok {
			return
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
