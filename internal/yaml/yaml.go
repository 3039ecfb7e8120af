// Package yaml turns YAML into JSON line for line, so that the line of a value is
// the same in both.
package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/mapjob/mapjob/internal/value"
)

// Error says what is wrong with a text, and in which line, counted from 1.
type Error struct {
	Line    int
	Message string
}

// Error returns the line and the message.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// maxBytes is the limit of the JSON text, far above that of a definition. It keeps
// aliases of aliases from exhausting the memory.
const maxBytes = 16 << 20

// maxDepth is the limit of nested values, which keeps aliases from exhausting the
// stack.
const maxDepth = 1000

// The parser's time and memory grow with the square of a text's size and depth. A
// definition has at most 1 MiB, and comments are extra. The depth of a text is
// estimated, and its strings count too, so that its limit is far above maxDepth.
const (
	maxText      = 4 << 20
	maxTextDepth = 10 * maxDepth
)

// checkSize refuses a text that the parser would not finish.
func checkSize(text []byte) error {
	if len(text) > maxText {
		return &Error{1, fmt.Sprintf("got %d bytes of YAML, expected at most %d", len(text), maxText)}
	}
	number, open := 0, 0
	for line := range bytes.Lines(text) {
		number++
		indicators := 0 // of nested values that begin in one line, such as "- - - a"
		for _, c := range line[:len(line)-len(bytes.TrimLeft(line, " \t-?"))] {
			if c == '-' || c == '?' {
				indicators++
			}
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open+indicators > maxTextDepth {
				return &Error{number, fmt.Sprintf("got values nested more than %d deep, expected fewer levels", maxTextDepth)}
			}
		}
	}
	return nil
}

// JSON returns a YAML document as JSON. Aliases are replaced by what they stand
// for. A byte order mark is skipped. The error is an [*Error].
func JSON(text []byte) ([]byte, error) { return convert(text, &writer{}) }

// Template is [JSON] for a template of CloudFormation, whose functions may be written
// as tags, such as !Ref.
func Template(text []byte) ([]byte, error) { return convert(text, &writer{functions: true}) }

func convert(text []byte, w *writer) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if err := checkSize(text); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, unreadable(text, err)
	}
	var documents []*ast.DocumentNode
	for _, d := range file.Docs {
		if _, directive := d.Body.(*ast.DirectiveNode); d.Body != nil && !directive { // such as %YAML 1.2
			documents = append(documents, d)
		}
	}
	if len(documents) != 1 {
		return nil, &Error{1, fmt.Sprintf("got %d YAML documents, expected one", len(documents))}
	}
	w.line, w.anchors = 1, map[string]ast.Node{}
	if err := w.value(documents[0].Body, 0); err != nil {
		return nil, err
	}
	return append(w.json, '\n'), nil
}

// bareExpression matches a JSONata expression that is not in quotes.
var bareExpression = regexp.MustCompile(`^\s*(?:-\s+|[^\s:]+:\s+)+\{%`)

const withoutQuotes = "got {% without quotes, expected a JSONata expression in quotes, or after | or >-"

func unreadable(text []byte, err error) error {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) {
		return &Error{1, "got text that is not YAML: " + err.Error()}
	}
	for i, source := range bytes.Split(text, []byte("\n")) {
		if bareExpression.Match(source) {
			return &Error{i + 1, withoutQuotes}
		}
	}
	return &Error{syntax.Token.Position.Line, "got text that is not YAML: " + syntax.Message}
}

// writer writes JSON, with each value in the line that it has in the YAML.
type writer struct {
	json    []byte
	line    int
	anchors map[string]ast.Node
	// functions is true if a tag may be a function of CloudFormation.
	functions bool
}

// at begins a value or a name in its line. What an alias stands for is in the line
// of the alias.
func (w *writer) at(t *token.Token) {
	for ; w.line < t.Position.Line; w.line++ {
		w.json = append(w.json, '\n')
	}
}

func (w *writer) scalar(t *token.Token, v any) error {
	w.at(t)
	if w.json = value.Append(w.json, v); len(w.json) > maxBytes {
		return &Error{t.Position.Line, fmt.Sprintf("got more than %d bytes of JSON, expected fewer aliases", maxBytes)}
	}
	return nil
}

func (w *writer) value(n ast.Node, depth int) error {
	if depth > maxDepth {
		return &Error{n.GetToken().Position.Line, fmt.Sprintf("got values nested more than %d deep, expected fewer levels", maxDepth)}
	}
	t := n.GetToken()
	switch n := n.(type) {
	case *ast.NullNode:
		return w.scalar(t, nil)
	case *ast.BoolNode:
		return w.scalar(t, n.Value)
	case *ast.StringNode:
		if n, err := number(t.Value); err == nil && t.Type == token.StringType { // such as 1e3
			return w.scalar(t, n)
		}
		return w.scalar(t, n.Value)
	case *ast.LiteralNode:
		return w.scalar(t, n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		v, err := number(t.Value)
		if err != nil {
			return &Error{t.Position.Line, fmt.Sprintf("got %s, expected a number of JSON", t.Value)}
		}
		return w.scalar(t, v)
	case *ast.InfinityNode, *ast.NanNode:
		return &Error{t.Position.Line, fmt.Sprintf("got %s, expected a value of JSON", t.Value)}
	case *ast.MappingNode:
		return w.object(t, n.Values, depth)
	case *ast.MappingValueNode: // the only member of its object
		return w.object(t, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		return w.array(t, n.Values, depth)
	case *ast.AnchorNode:
		w.anchors[n.Name.String()] = n.Value
		return w.value(n.Value, depth+1)
	case *ast.AliasNode:
		of, err := w.alias(n)
		if err != nil {
			return err
		}
		return w.value(of, depth+1)
	case *ast.TagNode:
		if name := functionOf(n.Start.Value); w.functions && name != "" {
			return w.function(t, name, n.Value, depth)
		}
		if tag := n.Start.Value; !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map"}, tag) {
			return &Error{t.Position.Line, fmt.Sprintf("got the tag %s, expected none: a definition on its own has no CloudFormation functions", tag)}
		}
		if n.Start.Value == "!!str" {
			return w.text(n)
		}
		return w.value(n.Value, depth+1)
	}
	return &Error{t.Position.Line, fmt.Sprintf("got %q, expected a value of JSON", t.Value)}
}

// functionOf returns the name of the function of CloudFormation that a tag stands for,
// such as Fn::Sub for !Sub; "" if it stands for none.
func functionOf(tag string) string {
	name, ok := strings.CutPrefix(tag, "!")
	switch {
	case !ok || name == "" || strings.HasPrefix(name, "!"):
		return ""
	case name == "Ref", name == "Condition":
		return name
	}
	return "Fn::" + name
}

// function writes an object whose only member is a function with its argument.
func (w *writer) function(t *token.Token, name string, argument ast.Node, depth int) error {
	w.at(t)
	w.json = append(w.json, '{')
	if err := w.scalar(t, name); err != nil {
		return err
	}
	w.json = append(w.json, ':')
	if err := w.value(argument, depth+1); err != nil {
		return err
	}
	w.json = append(w.json, '}')
	return nil
}

// text writes a value that !!str makes a string. The parser has refused objects and
// arrays.
func (w *writer) text(n *ast.TagNode) error {
	t := n.GetToken()
	switch of := n.Value.(type) {
	case *ast.LiteralNode:
		return w.scalar(t, of.Value.Value)
	case *ast.NullNode:
		if of.Token.Type == token.ImplicitNullType { // there is no value
			return w.scalar(t, "")
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return &Error{t.Position.Line, fmt.Sprintf("got %s after !!str, expected a value: an anchor stands before the tag", of.GetToken().Value)}
	}
	return w.scalar(t, n.Value.GetToken().Value)
}

// number returns a number of YAML: one of JSON, or a hexadecimal, an octal or a
// decimal one with a plus or without digits on one side of the point.
func number(text string) (any, error) {
	n, err := strconv.ParseFloat(text, 64)
	if whole, failed := strconv.ParseInt(text, 0, 64); failed == nil {
		text = strconv.FormatInt(whole, 10)
	} else if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return nil, strconv.ErrSyntax
	}
	if v, err := value.Parse([]byte(text)); err == nil { // with all its digits
		return v, nil
	}
	return n, nil
}

func (w *writer) alias(n *ast.AliasNode) (ast.Node, error) {
	name := n.Value.String()
	of, ok := w.anchors[name]
	if !ok {
		return nil, &Error{n.Start.Position.Line, fmt.Sprintf("got *%s, expected &%s before it", name, name)}
	}
	return of, nil
}

func (w *writer) array(t *token.Token, elements []ast.Node, depth int) error {
	w.at(t)
	w.json = append(w.json, '[')
	for i, element := range elements {
		if i > 0 {
			w.json = append(w.json, ',')
		}
		if err := w.value(element, depth+1); err != nil {
			return err
		}
	}
	w.json = append(w.json, ']')
	return nil
}

func (w *writer) object(t *token.Token, members []*ast.MappingValueNode, depth int) error {
	w.at(t)
	w.json = append(w.json, '{')
	if err := w.members(members, nil, depth); err != nil {
		return err
	}
	w.json = append(w.json, '}')
	return nil
}

// members writes the members of an object. Those that << merges into it come where
// it stands, without those that the object has itself.
func (w *writer) members(members []*ast.MappingValueNode, except []string, depth int) error {
	if depth > maxDepth {
		return &Error{w.line, fmt.Sprintf("got values nested more than %d deep, expected fewer levels", maxDepth)}
	}
	own := except
	for _, m := range members {
		if !m.Key.IsMergeKey() {
			own = append(own[:len(own):len(own)], m.Key.GetToken().Value)
		}
	}
	for _, m := range members {
		if m.Key.IsMergeKey() {
			merged, err := w.merged(m.Value)
			if err != nil {
				return err
			}
			if err := w.members(merged, own, depth+1); err != nil {
				return err
			}
			continue
		}
		name, err := nameOf(m)
		if err != nil {
			return err
		}
		if slices.Contains(except, name.Value) {
			continue
		}
		if strings.HasPrefix(name.Value, "%") && m.Value.Type() == ast.NullType { // - {% … %}
			return &Error{name.Position.Line, withoutQuotes}
		}
		if last := w.json[len(w.json)-1]; last != '{' {
			w.json = append(w.json, ',')
		}
		if err := w.scalar(name, name.Value); err != nil {
			return err
		}
		w.json = append(w.json, ':')
		if err := w.value(m.Value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// nameOf returns the name of a member: plain or in quotes.
func nameOf(m *ast.MappingValueNode) (*token.Token, error) {
	t := m.Key.GetToken()
	switch m.Key.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return t, nil
	}
	return nil, &Error{t.Position.Line, fmt.Sprintf("got %s before the name of a member, expected the name alone", t.Value)}
}

// merged returns the members of an object that << merges.
func (w *writer) merged(n ast.Node) ([]*ast.MappingValueNode, error) {
	for {
		switch m := n.(type) {
		case *ast.AliasNode:
			of, err := w.alias(m)
			if err != nil {
				return nil, err
			}
			n = of
		case *ast.MappingNode:
			return m.Values, nil
		case *ast.MappingValueNode:
			return []*ast.MappingValueNode{m}, nil
		default:
			return nil, &Error{n.GetToken().Position.Line, fmt.Sprintf("got %q after <<, expected an alias of an object", n.GetToken().Value)}
		}
	}
}
