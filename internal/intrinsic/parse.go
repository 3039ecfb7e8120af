package intrinsic

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Compile compiles a call. compilePath compiles the paths among its arguments.
func Compile(source string, compilePath func(source string) (fmt.Stringer, error)) (*Call, error) {
	p := &parser{text: source, compilePath: compilePath}
	c, err := p.call()
	if err != nil {
		return nil, err
	}
	p.spaces()
	if p.at < len(source) {
		return nil, p.expected("the end")
	}
	return c, nil
}

// maxDepth is how deep calls may be nested (developer guide, "Intrinsic functions
// for JSONPath states").
const maxDepth = 10

type parser struct {
	text        string
	compilePath func(string) (fmt.Stringer, error)
	at          int
	depth       int
}

func (p *parser) spaces() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) expected(what string) error {
	got := "the end"
	if p.at < len(p.text) {
		got = strconv.Quote(p.text[p.at:min(p.at+10, len(p.text))])
	}
	return fmt.Errorf("got %s at character %d, expected %s", got, p.at+1, what)
}

func (p *parser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) call() (*Call, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("got calls nested more than %d deep, expected at most %d", maxDepth, maxDepth)
	}
	defer func() { p.depth-- }()
	start := p.at
	for p.at < len(p.text) && (isWord(p.text[p.at]) || p.text[p.at] == '.') {
		p.at++
	}
	c := &Call{name: p.text[start:p.at]}
	function, ok := functions[c.name]
	if !ok {
		p.at = start
		return nil, p.expected("an intrinsic function such as States.Format")
	}
	c.function = function
	p.spaces()
	if !p.take('(') {
		return nil, p.expected(`"("`)
	}
	p.spaces()
	if !p.take(')') {
		for {
			a, err := p.argument()
			if err != nil {
				return nil, err
			}
			if text, ok := a.literal.(string); ok && (c.name != "States.Format" || len(c.arguments) > 0) {
				a.literal = unescapedBraces.Replace(text)
			}
			c.arguments = append(c.arguments, a)
			p.spaces()
			if p.take(')') {
				break
			}
			if !p.take(',') {
				return nil, p.expected(`"," or ")"`)
			}
		}
	}
	c.source = p.text[start:p.at]
	return c, nil
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func (p *parser) argument() (argument, error) {
	p.spaces()
	if p.at == len(p.text) {
		return argument{}, p.expected("an argument")
	}
	switch c := p.text[p.at]; {
	case c == '\'':
		text, err := p.quoted()
		return argument{literal: text}, err
	case c == '$':
		path, err := p.compilePath(p.pathText())
		return argument{path: path}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for word, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			return argument{literal: v}, nil
		}
	}
	call, err := p.call()
	return argument{call: call}, err
}

// openBrace and closeBrace stand for escaped braces until the parser knows
// whether the string is the template of States.Format.
const (
	openBrace  = "\ue000"
	closeBrace = "\ue001"
)

var unescapedBraces = strings.NewReplacer(openBrace, "{", closeBrace, "}")

// quoted reads a string in single quotes. A backslash may only stand before a
// quote, a brace or a backslash (recorded).
func (p *parser) quoted() (string, error) {
	p.at++
	var text strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch c {
		case '\'':
			p.at++
			return text.String(), nil
		case '\\':
			p.at++
			if p.at == len(p.text) || strings.IndexByte(`'{}\`, p.text[p.at]) < 0 {
				return "", p.expected(`one of ' { } \ after a backslash`)
			}
			switch c = p.text[p.at]; c {
			case '{':
				text.WriteString(openBrace)
				p.at++
				continue
			case '}':
				text.WriteString(closeBrace)
				p.at++
				continue
			}
		}
		text.WriteByte(c)
		p.at++
	}
	return "", p.expected("the closing quote")
}

// pathText reads a path up to the comma or parenthesis that ends the argument.
func (p *parser) pathText() string {
	start, depth := p.at, 0
	var quote byte
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		switch {
		case quote != 0:
			switch c {
			case '\\':
				p.at++
			case quote:
				quote = 0
			}
			continue
		case c == '\'' || c == '"':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')' && depth > 0:
			depth--
		case depth == 0 && (c == ',' || c == ')'):
			return strings.TrimRight(p.text[start:p.at], " \t\n\r")
		}
	}
	p.at = min(p.at, len(p.text))
	return p.text[start:p.at]
}

func (p *parser) number() (argument, error) {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.eE0123456789", p.text[p.at]) >= 0 {
		p.at++
	}
	v, err := value.Parse([]byte(p.text[start:p.at]))
	if err != nil {
		p.at = start
		return argument{}, p.expected("a number")
	}
	return argument{literal: v}, nil
}
