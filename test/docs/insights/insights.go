// Package insights reads queries of CloudWatch Logs Insights, as far as pages have them,
// and filters lines of logs with them.
package insights

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Query is a query that was read.
type Query struct {
	Fields []string // of log lines that the query names, each once

	filters []expression
	named   []string // what stats has given names to
}

// Matches reports whether a line, which was read from JSON, passes all filters.
func (q *Query) Matches(line map[string]any) bool {
	for _, filter := range q.filters {
		if !filter(line) {
			return false
		}
	}
	return true
}

type expression func(line map[string]any) bool

// Parse reads a query.
func Parse(text string) (*Query, error) {
	p := &parser{query: &Query{}}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := token.FindStringSubmatchIndex(rest)
		if m == nil {
			return nil, fmt.Errorf("got %q, which is no token of a query", strings.TrimSpace(rest))
		}
		p.tokens = append(p.tokens, rest[m[2]:m[3]])
		rest = rest[m[1]:]
	}
	for {
		if err := p.command(); err != nil {
			return nil, err
		}
		if p.next() == "" {
			return p.query, nil
		}
		if err := p.expect("|"); err != nil {
			return nil, err
		}
	}
}

var (
	token = regexp.MustCompile(`^\s*("[^"\n]*"|@?[A-Za-z_][A-Za-z0-9_.]*|-?[0-9]+(?:\.[0-9]+)?|!=|<=|>=|[=<>|,()*])`)
	field = regexp.MustCompile(`^@?[A-Za-z_][A-Za-z0-9_.]*$`)
)

// builtin are the fields that each line has in CloudWatch Logs.
var builtin = []string{"@timestamp", "@message", "@logStream", "@log", "@ingestionTime"}

// functions are those of stats, and whether they are given a field.
var functions = map[string]bool{"count": false, "sum": true, "avg": true, "min": true, "max": true, "count_distinct": true}

// words that are no names.
var words = []string{"and", "or", "not", "as", "by", "asc", "desc", "like", "in"}

type parser struct {
	tokens []string
	query  *Query
}

func (p *parser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) take() string {
	next := p.next()
	if next != "" {
		p.tokens = p.tokens[1:]
	}
	return next
}

func (p *parser) expect(expected string) error {
	if got := p.take(); got != expected {
		return fmt.Errorf("got %q, expected %s", got, expected)
	}
	return nil
}

func (p *parser) command() error {
	switch name := p.take(); name {
	case "filter":
		filter, err := p.or()
		p.query.filters = append(p.query.filters, filter)
		return err
	case "fields", "display":
		return p.list(func() error { return p.fieldOfLine() })
	case "stats":
		if err := p.list(p.aggregate); err != nil || p.next() != "by" {
			return err
		}
		p.take()
		return p.list(func() error { return p.fieldOfLine() })
	case "sort":
		return p.list(func() error {
			err := p.fieldOfLine()
			if next := p.next(); next == "asc" || next == "desc" {
				p.take()
			}
			return err
		})
	case "limit":
		if n, err := strconv.Atoi(p.take()); err != nil || n < 1 {
			return errors.New("limit: expected a number of lines")
		}
		return nil
	default:
		return fmt.Errorf("got the command %q, expected filter, fields, display, stats, sort or limit", name)
	}
}

// list reads what one reads, once or more often, with commas between.
func (p *parser) list(one func() error) error {
	for {
		if err := one(); err != nil || p.next() != "," {
			return err
		}
		p.take()
	}
}

// fieldOfLine reads the name of a field, or one that stats has given.
func (p *parser) fieldOfLine() error {
	_, err := p.name()
	return err
}

func (p *parser) name() (string, error) {
	name := p.take()
	if !field.MatchString(name) || slices.Contains(words, name) {
		return "", fmt.Errorf("got %q, expected the name of a field", name)
	}
	known := slices.Contains(p.query.named, name) || slices.Contains(p.query.Fields, name) || slices.Contains(builtin, name)
	if !known && strings.HasPrefix(name, "@") {
		return "", fmt.Errorf("got the field %s, expected one of %q", name, builtin)
	}
	if !known {
		p.query.Fields = append(p.query.Fields, name)
	}
	return name, nil
}

// aggregate reads count(*), max(field) or another function, perhaps with as NAME.
func (p *parser) aggregate() error {
	function := p.take()
	ofField, known := functions[function]
	if !known {
		return fmt.Errorf("got the function %q, which is not one of stats", function)
	}
	if err := p.expect("("); err != nil {
		return err
	}
	if p.next() == "*" && !ofField {
		p.take()
	} else if err := p.fieldOfLine(); err != nil {
		return err
	}
	if err := p.expect(")"); err != nil || p.next() != "as" {
		return err
	}
	p.take()
	name := p.take()
	if !field.MatchString(name) || slices.Contains(words, name) {
		return fmt.Errorf("got the name %q after as", name)
	}
	p.query.named = append(p.query.named, name)
	return nil
}

func (p *parser) or() (expression, error) {
	left, err := p.and()
	for err == nil && p.next() == "or" {
		p.take()
		first := left
		var second expression
		second, err = p.and()
		left = func(line map[string]any) bool { return first(line) || second(line) }
	}
	return left, err
}

func (p *parser) and() (expression, error) {
	left, err := p.comparison()
	for err == nil && p.next() == "and" {
		p.take()
		first := left
		var second expression
		second, err = p.comparison()
		left = func(line map[string]any) bool { return first(line) && second(line) }
	}
	return left, err
}

func (p *parser) comparison() (expression, error) {
	if p.next() == "(" {
		p.take()
		inner, err := p.or()
		return inner, errors.Join(err, p.expect(")"))
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	operator, literal := p.take(), p.take()
	if !slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, operator) {
		return nil, fmt.Errorf("got %q after %s, expected an operator", operator, name)
	}
	if text, quoted := strings.CutPrefix(literal, `"`); quoted {
		text = strings.TrimSuffix(text, `"`)
		if operator != "=" && operator != "!=" {
			return nil, fmt.Errorf("got %s %s of a text, expected = or !=", name, operator)
		}
		return func(line map[string]any) bool { return (line[name] == text) == (operator == "=") }, nil
	}
	number, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return nil, fmt.Errorf("got %q after %s %s, expected a text in quotes or a number", literal, name, operator)
	}
	return func(line map[string]any) bool {
		value, ok := line[name].(float64)
		if !ok {
			return operator == "!="
		}
		switch operator {
		case "=":
			return value == number
		case "!=":
			return value != number
		case "<":
			return value < number
		case "<=":
			return value <= number
		case ">":
			return value > number
		default:
			return value >= number
		}
	}, nil
}
