package jsonata

// bindingPower says how strongly an operator binds to what stands to its left.
var bindingPower = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80,
	"?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
	"=": 40, "<": 40, ">": 40, "^": 40, "!=": 40, "<=": 40, ">=": 40, "~>": 40,
	"and": 30, "or": 25, "in": 40, "&": 50, ":=": 10,
}

// knownOperators are those that the grammar has a use for in some position.
var knownOperators = map[string]bool{
	"]": true, "}": true, ")": true, ",": true, ";": true, ":": true, "..": true, "**": true, "|": true,
}

// maxNesting bounds the recursion of the parser.
const maxNesting = 1000

// parser is a Pratt parser: node is the token under consideration.
type parser struct {
	lexer lexer
	node  token
	depth int
}

// parse reads a whole expression.
func parse(source string) (*syntax, *Error) {
	p := &parser{lexer: lexer{source: source}}
	if err := p.advance("", false); err != nil {
		return nil, err
	}
	tree, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.node.kind != tokenEnd {
		return nil, &Error{Code: "S0201", Position: p.node.pos, token: p.node.content()}
	}
	return tree, nil
}

// advance moves to the next token, after checking that the present one has the
// given id, if any. infix says that an operator may come next, so that a slash
// is a division.
func (p *parser) advance(id string, infix bool) *Error {
	if id != "" && p.node.id() != id {
		code := "S0202"
		if p.node.kind == tokenEnd {
			code = "S0203"
		}
		return &Error{Code: code, Position: p.node.pos, token: p.node.content(), Value: id}
	}
	t, err := p.lexer.next(infix)
	if err != nil {
		return err
	}
	if t.kind == tokenOperator && bindingPower[t.text] == 0 && !knownOperators[t.text] {
		return &Error{Code: "S0204", Position: t.pos, token: t.text}
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

func (p *parser) expression(power int) (*syntax, *Error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return nil, &Error{Message: stackOverflow, Position: p.node.pos}
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

// prefix parses what begins with t.
func (p *parser) prefix(t token) (*syntax, *Error) {
	n := &syntax{pos: t.pos, text: t.text}
	switch t.kind {
	case tokenEnd:
		n.kind = kindEnd
		return n, nil
	case tokenName:
		n.kind = kindName
		return n, nil
	case tokenVariable:
		n.kind = kindVariable
		return n, nil
	case tokenString:
		n.kind = kindString
		return n, nil
	case tokenNumber:
		n.kind, n.value = kindNumber, t.value
		return n, nil
	case tokenConstant:
		n.kind, n.value = kindConstant, t.value
		return n, nil
	case tokenRegex:
		n.kind, n.regex = kindRegex, t.regex
		return n, nil
	}
	var err *Error
	switch t.text {
	case "and", "or", "in":
		n.kind = kindOperator
	case "*":
		n.kind = kindWildcard
	case "**":
		n.kind = kindDescendants
	case "%":
		n.kind = kindParent
	case "-":
		n.kind = kindNegate
		n.left, err = p.expression(70)
	case "(":
		n.kind = kindBlock
		for !p.at(")") {
			e, err := p.expression(0)
			if err != nil {
				return nil, err
			}
			n.list = append(n.list, e)
			if !p.at(";") {
				break
			}
			if err := p.advance(";", false); err != nil {
				return nil, err
			}
		}
		err = p.advance(")", true)
	case "[":
		n.kind = kindArray
		err = p.arrayItems(n)
	case "{":
		n.kind = kindObject
		n.pairs, err = p.pairs()
	case "|":
		n.kind = kindTransform
		err = p.transform(n)
	default:
		return nil, &Error{Code: "S0211", Position: t.pos, token: t.content()}
	}
	return n, err
}

func (p *parser) arrayItems(n *syntax) *Error {
	if !p.at("]") {
		for {
			item, err := p.expression(0)
			if err != nil {
				return err
			}
			if p.at("..") {
				item = &syntax{kind: kindBinary, text: "..", pos: p.node.pos, left: item}
				if err := p.advance("..", false); err != nil {
					return err
				}
				if item.right, err = p.expression(0); err != nil {
					return err
				}
			}
			n.list = append(n.list, item)
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

func (p *parser) pairs() (pairs [][2]*syntax, err *Error) {
	if !p.at("}") {
		for {
			var pair [2]*syntax
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

func (p *parser) transform(n *syntax) (err *Error) {
	if n.left, err = p.expression(0); err != nil {
		return err
	}
	if err = p.advance("|", false); err != nil {
		return err
	}
	if n.right, err = p.expression(0); err != nil {
		return err
	}
	if p.at(",") {
		if err = p.advance(",", false); err != nil {
			return err
		}
		if n.other, err = p.expression(0); err != nil {
			return err
		}
	}
	return p.advance("|", false)
}

// infix parses what continues left with the operator t.
func (p *parser) infix(t token, left *syntax) (n *syntax, err *Error) {
	n = &syntax{pos: t.pos, text: t.text, left: left}
	switch t.text {
	case "(":
		n.left = nil
		n.other = left
		return n, p.call(n)
	case "[":
		if p.at("]") {
			step := left
			for step.kind == kindPredicate {
				step = step.left
			}
			step.keepArray = true
			return left, p.advance("]", false)
		}
		n.kind = kindPredicate
		if n.right, err = p.expression(0); err != nil {
			return nil, err
		}
		return n, p.advance("]", true)
	case "{":
		n.kind = kindGroup
		n.pairs, err = p.pairs()
		return n, err
	case "^":
		n.kind = kindOrder
		return n, p.sortTerms(n)
	case "?":
		n.kind = kindCondition
		if n.right, err = p.expression(0); err != nil {
			return nil, err
		}
		if p.at(":") {
			if err = p.advance(":", false); err != nil {
				return nil, err
			}
			n.other, err = p.expression(0)
		}
		return n, err
	case ":=":
		n.kind = kindBind
		if left.kind != kindVariable {
			return nil, &Error{Code: "S0212", Position: left.pos, token: left.content()}
		}
		n.right, err = p.expression(bindingPower[":="] - 1)
		return n, err
	case "@", "#":
		n.kind = kindFocus
		if t.text == "#" {
			n.kind = kindIndex
		}
		if n.right, err = p.expression(bindingPower[t.text]); err != nil {
			return nil, err
		}
		if n.right.kind != kindVariable {
			return nil, &Error{Code: "S0214", Position: n.right.pos, token: t.text}
		}
		return n, nil
	case ".":
		n.kind = kindDot
	case "~>":
		n.kind = kindApply
	default:
		n.kind = kindBinary
	}
	n.right, err = p.expression(bindingPower[t.text])
	return n, err
}

// content is what an error message shows for the node.
func (n *syntax) content() any {
	switch n.kind {
	case kindNumber, kindConstant:
		return n.value
	case kindEnd:
		return "(end)"
	case kindRegex:
		return emptyObject // as JSON.stringify shows a RegExp
	}
	return n.text
}

func (p *parser) sortTerms(n *syntax) *Error {
	if err := p.advance("(", false); err != nil {
		return err
	}
	for {
		var term sortTerm
		if p.at("<") || p.at(">") {
			term.descending = p.at(">")
			if err := p.advance("", false); err != nil {
				return err
			}
		}
		var err *Error
		if term.key, err = p.expression(0); err != nil {
			return err
		}
		n.terms = append(n.terms, term)
		if !p.at(",") {
			break
		}
		if err := p.advance(",", false); err != nil {
			return err
		}
	}
	return p.advance(")", false)
}

// call parses arguments, and what follows them if it turns out to be the
// parameters of a function definition.
func (p *parser) call(n *syntax) *Error {
	n.kind = kindCall
	if !p.at(")") {
		for {
			if p.at("?") {
				n.kind = kindPartial
				n.list = append(n.list, &syntax{kind: kindPlaceholder, pos: p.node.pos, text: "?"})
				if err := p.advance("?", false); err != nil {
					return err
				}
			} else {
				argument, err := p.expression(0)
				if err != nil {
					return err
				}
				n.list = append(n.list, argument)
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
	if name := n.other; name.kind == kindName && (name.text == "function" || name.text == "λ") {
		return p.lambda(n)
	}
	return nil
}

func (p *parser) lambda(n *syntax) *Error {
	for i, parameter := range n.list {
		if parameter.kind != kindVariable {
			return &Error{Code: "S0208", Position: parameter.pos, token: parameter.content(), Value: float64(i + 1)}
		}
	}
	n.kind, n.other = kindLambda, nil
	if p.at("<") {
		at, text, depth := p.node.pos, "<", 1
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
			text += p.node.text
		}
		if err := p.advance(">", false); err != nil {
			return err
		}
		s, err := parseSignature(text)
		if err != nil {
			err.Position += at
			return err
		}
		n.signature = s
	}
	if err := p.advance("{", false); err != nil {
		return err
	}
	var err *Error
	if n.other, err = p.expression(0); err != nil {
		return err
	}
	return p.advance("}", true)
}
