package jsonpath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// parser reads a path from left to right.
type parser struct {
	text  string
	at    int
	depth int
}

// maxDepth bounds conditions inside conditions.
const maxDepth = 100

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

// tokens reads the steps. Inside a condition a path ends where something that
// is no step follows.
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
				t, err = p.name()
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
			// A name after a bracket may do without its dot: $.a[0]b is $.a[0].b.
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

// name is what follows a dot: a member, an asterisk or a function.
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

var sliceText = regexp.MustCompile(`^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*\]`)

// bracket is a step in brackets.
func (p *parser) bracket() (token, error) {
	p.at++
	p.spaces()
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		return p.quotedNames()
	case c == '*':
		p.at++
		p.spaces()
		if !p.take("]") {
			return nil, p.expected(`"]"`)
		}
		return wildcard{}, nil
	case c == '?':
		return p.filter()
	}
	if match := sliceText.FindStringSubmatch(p.text[p.at:]); match != nil {
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

// quoted is a text in single or double quotes. A backslash is an escape before
// that quote and before another backslash alone (recorded).
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

// filter is ?(condition) after its opening bracket.
func (p *parser) filter() (token, error) {
	p.at++
	p.spaces()
	if !p.take("(") {
		return nil, p.expected(`"("`)
	}
	c, err := p.or()
	if err != nil {
		return nil, err
	}
	p.spaces()
	if !p.take(")") {
		return nil, p.expected(`")"`)
	}
	p.spaces()
	if !p.take("]") {
		return nil, p.expected(`"]"`)
	}
	return filter{c}, nil
}

func (p *parser) or() (condition, error) { return p.joined("||", p.and, anyOf) }

func (p *parser) and() (condition, error) { return p.joined("&&", p.not, allOf) }

// joined are conditions with an operator between them.
func (p *parser) joined(operator string, part func() (condition, error), join func([]condition) condition) (condition, error) {
	var parts []condition
	for {
		c, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		p.spaces()
		if !p.take(operator) {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return join(parts), nil
}

func (p *parser) not() (condition, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.expected("conditions that are nested less deeply")
	}
	defer func() { p.depth-- }()
	p.spaces()
	if p.take("!") {
		c, err := p.not()
		if err != nil {
			return nil, err
		}
		return func(scope filterScope) bool { return !c(scope) }, nil
	}
	if p.take("(") {
		c, err := p.or()
		if err != nil {
			return nil, err
		}
		p.spaces()
		if !p.take(")") {
			return nil, p.expected(`")"`)
		}
		return c, nil
	}
	return p.comparison()
}

// operatorNames stand in the order in which they are tried: the longer first.
var operatorNames = []string{"==", "!=", "<=", ">=", "=~", "<", ">", "subsetof", "anyof", "noneof", "contains", "nin", "in", "size", "empty"}

func (p *parser) comparison() (condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.spaces()
	for _, name := range operatorNames {
		if !p.take(name) {
			continue
		}
		p.spaces()
		if name == "=~" {
			pattern, err := p.pattern()
			if err != nil {
				return nil, err
			}
			return func(scope filterScope) bool {
				v, ok := left.get(scope)
				text, is := v.(string)
				return ok && is && pattern.MatchString(text)
			}, nil
		}
		right, err := p.operand()
		if err != nil {
			return nil, err
		}
		return compare(left, name, right), nil
	}
	if left.path == nil {
		return nil, p.expected("a comparison")
	}
	return left.exists, nil
}

// pattern is /regular expression/flags.
func (p *parser) pattern() (*regexp.Regexp, error) {
	if !p.take("/") {
		return nil, p.expected("a regular expression between slashes")
	}
	start := p.at
	for p.at < len(p.text) && p.text[p.at] != '/' {
		if p.text[p.at] == '\\' {
			p.at++
		}
		p.at++
	}
	if p.at >= len(p.text) {
		p.at = len(p.text)
		return nil, p.expected("the closing slash")
	}
	source := p.text[start:p.at]
	p.at++
	flags := ""
	for strings.ContainsRune("ims", rune(p.peek())) && p.peek() != 0 {
		flags += string(p.peek())
		p.at++
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	pattern, err := regexp.Compile("^(?:" + flags + source + ")$")
	if err != nil {
		p.at = start
		return nil, p.expected("a regular expression: " + err.Error())
	}
	return pattern, nil
}

var (
	literalNumber = regexp.MustCompile(`^-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`)
	// literalWord is true, false, null or a text without quotes, which the
	// service takes in a condition, too: [?(@.language==en)].
	literalWord = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_-]*`)
	words       = map[string]any{"true": true, "false": false, "null": nil}
)

// operand is a path or a literal.
func (p *parser) operand() (operand, error) {
	p.spaces()
	switch c := p.peek(); c {
	case '@', '$':
		start := p.at
		p.at++
		tokens, err := p.tokens(true)
		if err != nil {
			return operand{}, err
		}
		return operand{path: newPath(p.text[start:p.at], tokens), root: c == '$'}, nil
	case '\'', '"':
		text, err := p.quoted()
		return operand{literal: text}, err
	case '[', '{':
		return p.jsonOperand()
	}
	if number := literalNumber.FindString(p.text[p.at:]); number != "" {
		p.at += len(number)
		if strings.HasPrefix(strings.TrimPrefix(number, "-"), ".") {
			number = strings.Replace(number, ".", "0.", 1)
		}
		v, err := value.Parse([]byte(number))
		return operand{literal: v}, err
	}
	word := literalWord.FindString(p.text[p.at:])
	if word == "" {
		return operand{}, p.expected("a path that starts with @ or $, or a literal")
	}
	p.at += len(word)
	if v, ok := words[word]; ok {
		return operand{literal: v}, nil
	}
	return operand{literal: word}, nil
}

// jsonOperand is an array or an object. Its strings may be in single quotes.
func (p *parser) jsonOperand() (operand, error) {
	start, depth := p.at, 0
	var text strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case '\'', '"':
			s, err := p.quoted()
			if err != nil {
				return operand{}, err
			}
			text.WriteString(value.Text(s))
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		text.WriteByte(p.text[p.at])
		p.at++
		if depth == 0 {
			break
		}
	}
	v, err := value.Parse([]byte(text.String()))
	if err != nil {
		p.at = start
		return operand{}, p.expected("a JSON value")
	}
	return operand{literal: v}, nil
}
