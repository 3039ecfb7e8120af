package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
)

// node is a part of an expression: a condition or an operand.
type node struct {
	kind   nodeKind
	name   string // of a function or an operator
	args   []*node
	path   Path
	value  attribute.Value
	result string // the kind of value that a function has
	parens bool   // written in parentheses
}

type nodeKind int

const (
	operatorNode nodeKind = iota // AND, OR, NOT and comparisons
	functionNode
	pathNode
	valueNode
)

// kindOf returns the kind of value that is known of an operand; empty if none is.
func (n *node) kindOf() string {
	switch n.kind {
	case functionNode:
		return n.result
	case valueNode:
		return attribute.Kind(n.value)
	}
	return ""
}

// token is a part of an expression's text.
type token struct {
	text       string
	start, end int
}

// parser parses the text of an expression. Of the problems that it finds, the one
// that DynamoDB looks for first counts.
type parser struct {
	scope  *Scope
	text   string
	tokens []token // the last one is empty
	at     int
	syntax string

	parens, unknown, misused, reserved     string
	names, values, operand, distinct, call string
	condition                              string // the first of those in the line above, in a condition

	paths Paths // of a projection or an update
	seen  []Path
}

// newParser splits a text into tokens.
func newParser(scope *Scope, text string) *parser {
	p := &parser{scope: scope, text: text, tokens: make([]token, 0, len(text)/3+2)}
	for i := 0; i < len(text); {
		if strings.IndexByte(" \t\r\n", text[i]) >= 0 {
			i++
			continue
		}
		end := i + 1
		switch {
		case inWord(text[i]) || text[i] == '#' || text[i] == ':':
			for end < len(text) && inWord(text[end]) {
				end++
			}
		case end < len(text) && strings.Contains("<= >= <>", text[i:end+1]) && text[i] != ' ' && text[end] != ' ':
			end++
		}
		p.tokens = append(p.tokens, token{text[i:end], i, end})
		i = end
	}
	end := 0
	if n := len(p.tokens); n > 0 {
		end = p.tokens[n-1].end
	}
	p.tokens = append(p.tokens, token{start: end, end: end})
	return p
}

// inWord reports whether names, numbers and placeholders may have a character.
func inWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (p *parser) next() string { return p.tokens[p.at].text }

// accept passes over a token, if it is the next one.
func (p *parser) accept(text string) bool {
	if p.syntax == "" && strings.EqualFold(p.next(), text) && text != "" {
		p.at++
		return true
	}
	return false
}

// expect passes over a token, which has to be the next one.
func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.fail()
	}
}

// fail notes that the next token can't be where it is.
func (p *parser) fail() {
	if p.syntax != "" {
		return
	}
	shown := p.next()
	if shown == "" {
		shown = "<EOF>"
	}
	near := p.text[p.tokens[max(p.at-1, 0)].start:p.tokens[min(p.at+1, len(p.tokens)-1)].end]
	p.syntax = fmt.Sprintf("Syntax error; token: %q, near: %q", shown, near)
}

// end returns the syntax error of the text; empty if it ends here.
func (p *parser) end() string {
	if p.next() != "" {
		p.fail()
	}
	return p.syntax
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// note keeps a problem, if it is the first one of its kind.
func note(at *string, format string, args ...any) {
	if *at == "" {
		*at = fmt.Sprintf(format, args...)
	}
}

// parsePath parses a path, such as a.#b[3].
func (p *parser) parsePath() Path {
	path := Path{{Name: p.parseName()}}
	for p.syntax == "" {
		switch {
		case p.accept("."):
			path = append(path, Step{Name: p.parseName()})
		case p.accept("["):
			n, err := strconv.Atoi(p.next())
			if err != nil || n < 0 {
				p.fail()
				return path
			}
			p.at++
			p.expect("]")
			path = append(path, Step{Index: n})
		default:
			p.seen = append(p.seen, path)
			return path
		}
	}
	return path
}

// parseName parses the name of an attribute or a member.
func (p *parser) parseName() string {
	text := p.next()
	switch {
	case text == "" || !isLetter(text[0]) && (text[0] != '#' || len(text) == 1):
		p.fail()
	case text[0] == '#':
		p.at++
		name, ok := p.scope.name(text)
		if !ok {
			note(&p.names, "An expression attribute name used in the document path is not defined; attribute name: %s", text)
			return text
		}
		return name
	default:
		p.at++
		if reserved(text) {
			note(&p.reserved, "Attribute name is a reserved keyword; reserved keyword: %s", text)
		}
	}
	return text
}

// parseOperand parses a path, a value or the call of a function, which check checks.
func (p *parser) parseOperand(check func(*node)) *node {
	text := p.next()
	switch {
	case p.syntax != "" || text == "":
		p.fail()
		return &node{kind: valueNode}
	case text[0] == ':' && len(text) > 1:
		p.at++
		v := p.scope.value(text)
		if v == nil {
			note(&p.values, "An expression attribute value used in expression is not defined; attribute value: %s", text)
		}
		return &node{kind: valueNode, value: v}
	case isLetter(text[0]) && p.tokens[p.at+1].text == "(":
		p.at += 2
		n := &node{kind: functionNode, name: text, args: p.parseList(func() *node { return p.parseOperand(check) })}
		p.expect(")")
		if p.syntax == "" {
			check(n)
		}
		return n
	}
	return &node{kind: pathNode, path: p.parsePath()}
}

// parseList parses what is separated by commas.
func (p *parser) parseList(parse func() *node) []*node {
	list := []*node{parse()}
	for p.accept(",") {
		list = append(list, parse())
	}
	return list
}
