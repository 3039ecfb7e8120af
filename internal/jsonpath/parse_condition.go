package jsonpath

import (
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2"

	"github.com/mapjob/mapjob/internal/value"
)

// maxDepth bounds the nesting of conditions.
const maxDepth = 100

// filter reads ?(condition) after its opening bracket.
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

// joined reads conditions that are joined by an operator.
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
		p.spaces()
		if p.peek() == '@' || p.peek() == '$' {
			return p.comparison(true)
		}
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
	return p.comparison(false)
}

// operatorNames lists the operators in the order in which the parser tries
// them: an operator comes before its own prefixes.
var operatorNames = []string{"===", "!==", "==", "!=", "<=", ">=", "=~", "<", ">", "subsetof", "anyof", "noneof", "contains", "nin", "in", "size", "empty", "all"}

// takeOperator reads an operator. Words may be in capitals.
func (p *parser) takeOperator(name string) bool {
	end := p.at + len(name)
	if end > len(p.text) || !strings.EqualFold(p.text[p.at:end], name) {
		return false
	}
	p.at = end
	return true
}

// comparison reads a comparison, or a path that has to exist. After a !, the path
// must not exist. As in Jayway, a ! before a comparison has no effect.
func (p *parser) comparison(not bool) (condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.spaces()
	for _, name := range operatorNames {
		if !p.takeOperator(name) {
			continue
		}
		p.spaces()
		if name == "=~" {
			pattern, err := p.pattern()
			if err != nil {
				return nil, err
			}
			return matching(left, pattern), nil
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
	if not {
		return func(scope filterScope) bool { return !left.exists(scope) }, nil
	}
	return left.exists, nil
}

// matchTimeout bounds one match: it can take exponential time.
const matchTimeout = time.Second

// pattern reads /regular expression/flags. Jayway uses Java's regular expressions,
// which have lookarounds.
func (p *parser) pattern() (*regexp2.Regexp, error) {
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
	start = p.at
	options := regexp2.None
	for option := patternFlags[p.peek()]; option != 0; option = patternFlags[p.peek()] {
		options |= option
		p.at++
	}
	pattern, err := regexp2.Compile(`\A(?:`+source+`)\z`, options)
	if err != nil {
		p.at = start
		return nil, p.expected("a regular expression: " + err.Error())
	}
	pattern.MatchTimeout = matchTimeout
	return pattern, nil
}

var patternFlags = map[byte]regexp2.RegexOptions{'i': regexp2.IgnoreCase, 'm': regexp2.Multiline, 's': regexp2.Singleline, 'x': regexp2.IgnorePatternWhitespace}

var (
	literalNumber = regexp.MustCompile(`^-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`)
	// literalWord matches true, false, null or an unquoted string, which Step
	// Functions accepts in a condition: [?(@.language==en)].
	literalWord = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_-]*`)
	words       = map[string]any{"true": true, "false": false, "null": nil}
)

// operand reads a path or a literal.
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

// jsonOperand reads an array or an object. Its strings may be in single quotes.
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
