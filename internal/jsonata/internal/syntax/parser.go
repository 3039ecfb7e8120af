package syntax

import (
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// bindingPower holds how strongly each operator binds to its left operand.
var bindingPower = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80,
	"?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
	"=": 40, "<": 40, ">": 40, "^": 40, "!=": 40, "<=": 40, ">=": 40, "~>": 40,
	"and": 30, "or": 25, "in": 40, "&": 50, ":=": 10,
}

// knownOperators holds the other operators of the grammar.
var knownOperators = map[string]bool{
	"]": true, "}": true, ")": true, ",": true, ";": true, ":": true, "..": true, "**": true, "|": true,
}

// maxNesting bounds the recursion of the parser.
const maxNesting = 1000

// parser is a Pratt parser. node is the current token.
type parser struct {
	lexer lexer
	node  token
	depth int
}

// Parse parses an expression and resolves its paths, parents and tail calls.
func Parse(source string) (*Node, *Error) {
	tree, err := parseTree(source)
	if err != nil {
		return nil, err
	}
	return resolve(tree)
}

// parseTree parses an expression, without resolving anything.
func parseTree(source string) (*Node, *Error) {
	p := &parser{lexer: lexer{source: source}}
	if err := p.advance("", false); err != nil {
		return nil, err
	}
	tree, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.node.kind != tokenEnd {
		return nil, &Error{Code: "S0201", Position: p.node.pos, Token: p.node.content()}
	}
	return tree, nil
}

// advance moves to the next token. It fails if id is not empty and the current
// token has another id. infix is true if an operator may come next, so that a
// slash is a division.
func (p *parser) advance(id string, infix bool) *Error {
	if id != "" && p.node.id() != id {
		code := "S0202"
		if p.node.kind == tokenEnd {
			code = "S0203"
		}
		return &Error{Code: code, Position: p.node.pos, Token: p.node.content(), Value: id}
	}
	t, err := p.lexer.next(infix)
	if err != nil {
		return err
	}
	if t.kind == tokenOperator && bindingPower[t.text] == 0 && !knownOperators[t.text] {
		return &Error{Code: "S0204", Position: t.pos, Token: t.text}
	}
	p.node = t
	return nil
}

func (p *parser) at(id string) bool { return p.node.kind == tokenOperator && p.node.text == id }

func (p *parser) leftPower() int {
	if p.node.kind != tokenOperator {
		return 0
	}
	return bindingPower[p.node.text]
}

func (p *parser) expression(power int) (*Node, *Error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return nil, &Error{TooDeep: true, Position: p.node.pos}
	}
	t := p.node
	if err := p.advance("", true); err != nil {
		return nil, err
	}
	left, err := p.prefix(t)
	for err == nil && power < p.leftPower() {
		t = p.node
		if err = p.advance("", false); err == nil {
			left, err = p.infix(t, left)
		}
	}
	return left, err
}

// prefix parses an expression that begins with t.
func (p *parser) prefix(t token) (*Node, *Error) {
	n := &Node{Pos: t.pos, Text: t.text}
	switch t.kind {
	case tokenEnd:
		n.Kind = kindEnd
		return n, nil
	case tokenName:
		n.Kind = KindName
		return n, nil
	case tokenVariable:
		n.Kind = KindVariable
		return n, nil
	case tokenString:
		n.Kind = KindString
		return n, nil
	case tokenNumber:
		n.Kind, n.Value = KindNumber, t.value
		return n, nil
	case tokenConstant:
		n.Kind, n.Value = KindConstant, t.value
		return n, nil
	case tokenRegex:
		n.Kind, n.Regex = KindRegex, t.regex
		return n, nil
	}
	var err *Error
	switch t.text {
	case "and", "or", "in":
		n.Kind = kindOperator
	case "*":
		n.Kind = KindWildcard
	case "**":
		n.Kind = KindDescendants
	case "%":
		n.Kind = KindParent
	case "-":
		n.Kind = KindNegate
		n.Left, err = p.expression(70)
	case "(":
		n.Kind = KindBlock
		for !p.at(")") {
			e, err := p.expression(0)
			if err != nil {
				return nil, err
			}
			n.List = append(n.List, e)
			if !p.at(";") {
				break
			}
			if err := p.advance(";", false); err != nil {
				return nil, err
			}
		}
		err = p.advance(")", true)
	case "[":
		n.Kind = KindArray
		err = p.arrayItems(n)
	case "{":
		n.Kind = KindObject
		n.Pairs, err = p.pairs()
	case "|":
		n.Kind = KindTransform
		err = p.transform(n)
	default:
		return nil, &Error{Code: "S0211", Position: t.pos, Token: t.content()}
	}
	return n, err
}

func (p *parser) arrayItems(n *Node) *Error {
	if !p.at("]") {
		for {
			item, err := p.expression(0)
			if err != nil {
				return err
			}
			if p.at("..") {
				item = &Node{Kind: KindBinary, Text: "..", Pos: p.node.pos, Left: item}
				if err := p.advance("..", false); err != nil {
					return err
				}
				if item.Right, err = p.expression(0); err != nil {
					return err
				}
			}
			n.List = append(n.List, item)
			if !p.at(",") {
				break
			}
			if err := p.advance(",", false); err != nil {
				return err
			}
		}
	}
	return p.advance("]", true)
}

func (p *parser) pairs() (pairs [][2]*Node, err *Error) {
	if !p.at("}") {
		for {
			var pair [2]*Node
			if pair[0], err = p.expression(0); err != nil {
				return nil, err
			}
			if err = p.advance(":", false); err != nil {
				return nil, err
			}
			if pair[1], err = p.expression(0); err != nil {
				return nil, err
			}
			pairs = append(pairs, pair)
			if !p.at(",") {
				break
			}
			if err = p.advance(",", false); err != nil {
				return nil, err
			}
		}
	}
	return pairs, p.advance("}", true)
}

func (p *parser) transform(n *Node) (err *Error) {
	if n.Left, err = p.expression(0); err != nil {
		return err
	}
	if err = p.advance("|", false); err != nil {
		return err
	}
	if n.Right, err = p.expression(0); err != nil {
		return err
	}
	if p.at(",") {
		if err = p.advance(",", false); err != nil {
			return err
		}
		if n.Other, err = p.expression(0); err != nil {
			return err
		}
	}
	return p.advance("|", false)
}

// infix parses an operator t and what follows it. left is its left operand.
func (p *parser) infix(t token, left *Node) (n *Node, err *Error) {
	n = &Node{Pos: t.pos, Text: t.text, Left: left}
	switch t.text {
	case "(":
		n.Left = nil
		n.Other = left
		return n, p.call(n)
	case "[":
		if p.at("]") {
			step := left
			for step.Kind == kindPredicate {
				step = step.Left
			}
			step.KeepArray = true
			return left, p.advance("]", false)
		}
		n.Kind = kindPredicate
		if n.Right, err = p.expression(0); err != nil {
			return nil, err
		}
		return n, p.advance("]", true)
	case "{":
		n.Kind = kindGroup
		n.Pairs, err = p.pairs()
		return n, err
	case "^":
		n.Kind = kindOrder
		return n, p.sortTerms(n)
	case "?":
		n.Kind = KindCondition
		if n.Right, err = p.expression(0); err != nil {
			return nil, err
		}
		if p.at(":") {
			if err = p.advance(":", false); err != nil {
				return nil, err
			}
			n.Other, err = p.expression(0)
		}
		return n, err
	case ":=":
		n.Kind = KindBind
		if left.Kind != KindVariable {
			return nil, &Error{Code: "S0212", Position: left.Pos, Token: left.Content()}
		}
		n.Right, err = p.expression(bindingPower[":="] - 1)
		return n, err
	case "@", "#":
		n.Kind = kindFocus
		if t.text == "#" {
			n.Kind = kindIndex
		}
		if n.Right, err = p.expression(bindingPower[t.text]); err != nil {
			return nil, err
		}
		if n.Right.Kind != KindVariable {
			return nil, &Error{Code: "S0214", Position: n.Right.Pos, Token: t.text}
		}
		return n, nil
	case ".":
		n.Kind = kindDot
	case "~>":
		n.Kind = KindApply
	default:
		n.Kind = KindBinary
	}
	n.Right, err = p.expression(bindingPower[t.text])
	return n, err
}

// Content returns what error messages show for the node.
func (n *Node) Content() any {
	switch n.Kind {
	case KindNumber, KindConstant:
		return shown(n.Value)
	case kindEnd:
		return "(end)"
	case KindRegex:
		return &value.Object{} // as JSON.stringify shows a RegExp
	}
	return n.Text
}

func (p *parser) sortTerms(n *Node) *Error {
	if err := p.advance("(", false); err != nil {
		return err
	}
	for {
		var term SortTerm
		if p.at("<") || p.at(">") {
			term.Descending = p.at(">")
			if err := p.advance("", false); err != nil {
				return err
			}
		}
		var err *Error
		if term.Key, err = p.expression(0); err != nil {
			return err
		}
		n.Terms = append(n.Terms, term)
		if !p.at(",") {
			break
		}
		if err := p.advance(",", false); err != nil {
			return err
		}
	}
	return p.advance(")", false)
}

// call parses the arguments of a call. If they turn out to be the parameters of
// a function, it parses the rest of the function definition.
func (p *parser) call(n *Node) *Error {
	n.Kind = KindCall
	if !p.at(")") {
		for {
			if p.at("?") {
				n.Kind = KindPartial
				n.List = append(n.List, &Node{Kind: KindPlaceholder, Pos: p.node.pos, Text: "?"})
				if err := p.advance("?", false); err != nil {
					return err
				}
			} else {
				argument, err := p.expression(0)
				if err != nil {
					return err
				}
				n.List = append(n.List, argument)
			}
			if !p.at(",") {
				break
			}
			if err := p.advance(",", false); err != nil {
				return err
			}
		}
	}
	if err := p.advance(")", true); err != nil {
		return err
	}
	if name := n.Other; name.Kind == KindName && (name.Text == "function" || name.Text == "λ") {
		return p.lambda(n)
	}
	return nil
}

func (p *parser) lambda(n *Node) *Error {
	for i, parameter := range n.List {
		if parameter.Kind != KindVariable {
			return &Error{Code: "S0208", Position: parameter.Pos, Token: parameter.Content(), Value: float64(i + 1)}
		}
	}
	n.Kind, n.Other = KindLambda, nil
	if p.at("<") {
		at, depth := p.node.pos, 1
		var text strings.Builder
		text.WriteString("<")
		for depth > 0 && !p.at("{") && p.node.kind != tokenEnd {
			if err := p.advance("", false); err != nil {
				return err
			}
			switch {
			case p.at(">"):
				depth--
			case p.at("<"):
				depth++
			}
			text.WriteString(p.node.text)
		}
		if err := p.advance(">", false); err != nil {
			return err
		}
		s, err := ParseSignature(text.String())
		if err != nil {
			err.Position += at
			return err
		}
		n.Signature = s
	}
	if err := p.advance("{", false); err != nil {
		return err
	}
	var err *Error
	if n.Other, err = p.expression(0); err != nil {
		return err
	}
	return p.advance("}", false) // a slash after the body begins a regular expression
}
