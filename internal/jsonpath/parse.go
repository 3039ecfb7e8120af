package jsonpath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// parser reads a path from left to right.
type parser struct {
	text  string
	at    int
	depth int
}

func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) spaces() {
	for p.peek() == ' ' || p.peek() == '\t' || p.peek() == '\n' || p.peek() == '\r' {
		p.at++
	}
}

func (p *parser) expected(what string) error {
	got := "the end"
	if p.at < len(p.text) {
		got = strconv.Quote(p.text[p.at:min(p.at+10, len(p.text))])
	}
	return fmt.Errorf("character %d is %s, expected %s", p.at+1, got, what)
}

// tokens reads the steps. Inside a condition, the path ends at the first
// character that cannot begin a step.
func (p *parser) tokens(inside bool) ([]token, error) {
	var tokens []token
	for p.at < len(p.text) {
		var t token
		var err error
		switch p.peek() {
		case '.':
			if strings.HasPrefix(p.text[p.at:], "..") {
				p.at += 2
				tokens = append(tokens, descent{})
				if p.peek() == '[' {
					continue
				}
				start := p.at
				t, err = p.name()
				if _, ok := t.(function); ok {
					p.at = start
					return nil, p.expected("a name, * or [ after ..")
				}
			} else {
				p.at++
				if p.peek() == '[' { // $.[0] is $[0]
					continue
				}
				t, err = p.name()
			}
		case '[':
			t, err = p.bracket()
		default:
			if inside {
				return tokens, nil
			}
			// The dot may be left out after a bracket: $.a[0]b is $.a[0].b.
			if p.text[p.at-1] != ']' {
				return nil, p.expected("a step such as .name or [0]")
			}
			t, err = p.name()
		}
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if _, ok := t.(function); ok && !inside && p.at < len(p.text) {
			return nil, p.expected("the end after a function")
		}
	}
	if n := len(tokens); n > 0 {
		if _, ok := tokens[n-1].(descent); ok {
			return nil, p.expected("a name, * or [ after ..")
		}
	}
	return tokens, nil
}

// name reads what follows a dot: a member, an asterisk or a function.
func (p *parser) name() (token, error) {
	if p.take("*") {
		return wildcard{}, nil
	}
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(".[]()=!<>&|, \t\n\r'\"/?", rune(p.text[p.at])) {
		p.at++
	}
	if p.at == start {
		return nil, p.expected("a name")
	}
	name := p.text[start:p.at]
	if p.take("()") {
		if !functions[name] {
			p.at = start
			return nil, p.expected("a member or one of the functions length, size, min, max, avg, stddev, sum, keys, first and last")
		}
		return function{name}, nil
	}
	return properties{name}, nil
}

// sliceText matches a slice. As Jayway does, it needs one of the bounds, and ignores
// a step.
var sliceText = regexp.MustCompile(`^\s*(-?\d+)?:(-?\d+)?(?::-?\d*)*\s*\]`)

// bracket reads a step in brackets.
func (p *parser) bracket() (token, error) {
	p.at++
	p.spaces()
	switch c := p.peek(); c {
	case '\'', '"':
		return p.quotedNames()
	case '*':
		p.at++
		p.spaces()
		if !p.take("]") {
			return nil, p.expected(`"]"`)
		}
		return wildcard{}, nil
	case '?':
		return p.filter()
	}
	if match := sliceText.FindStringSubmatch(p.text[p.at:]); match != nil && match[1]+match[2] != "" {
		p.at += len(match[0])
		var s slice
		for i, bound := range []**int{&s.from, &s.to} {
			if match[i+1] != "" {
				n, err := strconv.Atoi(match[i+1])
				if err != nil {
					return nil, p.expected("a smaller index")
				}
				*bound = &n
			}
		}
		return s, nil
	}
	var list indexes
	for {
		p.spaces()
		start := p.at
		if p.peek() == '-' {
			p.at++
		}
		for p.peek() >= '0' && p.peek() <= '9' {
			p.at++
		}
		n, err := strconv.Atoi(p.text[start:p.at])
		if err != nil {
			p.at = start
			return nil, p.expected("a quoted name, an index, a slice, * or ?")
		}
		list = append(list, n)
		p.spaces()
		if p.take("]") {
			return list, nil
		}
		if !p.take(",") {
			return nil, p.expected(`"," or "]"`)
		}
	}
}

func (p *parser) quotedNames() (token, error) {
	var names properties
	for {
		p.spaces()
		name, err := p.quoted()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		p.spaces()
		if p.take("]") {
			return names, nil
		}
		if !p.take(",") {
			return nil, p.expected(`"," or "]"`)
		}
	}
}

// quoted reads a string in single or double quotes. Step Functions lets a
// backslash escape only that quote and another backslash.
func (p *parser) quoted() (string, error) {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		return "", p.expected("a quoted name")
	}
	p.at++
	var text strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == quote:
			p.at++
			return text.String(), nil
		case c == '\\' && p.at+1 < len(p.text) && (p.text[p.at+1] == quote || p.text[p.at+1] == '\\'):
			p.at++
			c = p.text[p.at]
		}
		text.WriteByte(c)
		p.at++
	}
	return "", p.expected("the closing quote")
}
