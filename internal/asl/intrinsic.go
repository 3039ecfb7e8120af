package asl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// intrinsic is a call of an intrinsic function (developer guide, "Intrinsic
// functions for JSONPath states").
type intrinsic struct {
	source    string
	field     string
	name      string
	function  intrinsicFunction
	arguments []argument
}

// argument is a path, a call or a literal.
type argument struct {
	path    *Path
	call    *intrinsic
	literal any
}

// intrinsicFunction is what a function does, and how many arguments it takes;
// most is -1 where there is no limit.
type intrinsicFunction struct {
	least, most int
	call        func(s *Scope, arguments []any) (any, error)
}

func (c *intrinsic) String() string { return c.source }

// evaluate calls the function. What a function can't do is
// States.IntrinsicFailure; a path that leads nowhere ends the execution.
func (c *intrinsic) evaluate(s *Scope) (any, error) {
	arguments := make([]any, len(c.arguments))
	for i, a := range c.arguments {
		var err error
		switch {
		case a.path != nil:
			if arguments[i], err = a.path.Get(s); err != nil {
				return nil, &EvaluationError{errRuntime, c.field, fmt.Sprintf(
					"The function '%s' had the following error: The JsonPath argument for the field '%s' could not be found in the input '%s'", c.source, a.path, jsonText(s.Input))}
			}
		case a.call != nil:
			if arguments[i], err = a.call.evaluate(s); err != nil {
				return nil, err
			}
		default:
			arguments[i] = a.literal
		}
	}
	v, err := c.function.call(s, arguments)
	if err != nil {
		return nil, &EvaluationError{errIntrinsic, c.field, fmt.Sprintf("The function '%s' had the following error: %v", c.source, err)}
	}
	return v, nil
}

const errIntrinsic = "States.IntrinsicFailure"

// compileIntrinsic reads a call.
func compileIntrinsic(source, field string) (*intrinsic, error) {
	p := &intrinsicParser{text: source, field: field}
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

// maxIntrinsicDepth is how deep calls may be nested (developer guide).
const maxIntrinsicDepth = 10

type intrinsicParser struct {
	text  string
	field string
	at    int
	depth int
}

func (p *intrinsicParser) spaces() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *intrinsicParser) expected(what string) error {
	got := "the end"
	if p.at < len(p.text) {
		got = strconv.Quote(p.text[p.at:min(p.at+10, len(p.text))])
	}
	return fmt.Errorf("character %d is %s, expected %s", p.at+1, got, what)
}

func (p *intrinsicParser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *intrinsicParser) call() (*intrinsic, error) {
	if p.depth++; p.depth > maxIntrinsicDepth {
		return nil, fmt.Errorf("calls are nested more than %d deep", maxIntrinsicDepth)
	}
	defer func() { p.depth-- }()
	start := p.at
	for p.at < len(p.text) && (isWord(p.text[p.at]) || p.text[p.at] == '.') {
		p.at++
	}
	c := &intrinsic{field: p.field, name: p.text[start:p.at]}
	function, ok := intrinsics[c.name]
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
				a.literal = plainBraces.Replace(text)
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
	if n := len(c.arguments); n < function.least || function.most >= 0 && n > function.most {
		return nil, fmt.Errorf("%s has %d arguments, expected %s", c.name, n, function.count())
	}
	return c, nil
}

func (f intrinsicFunction) count() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("at least %d", f.least)
	case f.least == f.most:
		return strconv.Itoa(f.least)
	}
	return fmt.Sprintf("%d to %d", f.least, f.most)
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func (p *intrinsicParser) argument() (argument, error) {
	p.spaces()
	if p.at == len(p.text) {
		return argument{}, p.expected("an argument")
	}
	switch c := p.text[p.at]; {
	case c == '\'':
		text, err := p.quoted()
		return argument{literal: text}, err
	case c == '$':
		path, err := compilePath(p.pathText())
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

// openBrace and closeBrace stand for braces that were escaped, until it is
// known whether the text is a template of States.Format.
const (
	openBrace  = "\ue000"
	closeBrace = "\ue001"
)

var plainBraces = strings.NewReplacer(openBrace, "{", closeBrace, "}")

// quoted is a text in single quotes. A backslash may stand before a quote, a
// brace and a backslash, and nowhere else (recorded).
func (p *intrinsicParser) quoted() (string, error) {
	p.at++
	var text strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '\'':
			p.at++
			return text.String(), nil
		case c == '\\':
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

// pathText is a path, up to the comma or bracket that ends the argument.
func (p *intrinsicParser) pathText() string {
	start, depth := p.at, 0
	var quote byte
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		switch {
		case quote != 0:
			if c == '\\' {
				p.at++
			} else if c == quote {
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

func (p *intrinsicParser) number() (argument, error) {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.eE0123456789", p.text[p.at]) >= 0 {
		p.at++
	}
	v, err := value.Parse([]byte(p.text[start:p.at]))
	if err != nil {
		p.at = start
		return argument{}, errors.Join(p.expected("a number"))
	}
	return argument{literal: v}, nil
}
