package expression

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/value"
)

// Update changes an item.
type Update struct {
	actions []action
	paths   Paths
}

// action is a part of an update.
type action struct {
	section string // SET, REMOVE, ADD or DELETE
	path    Path
	operand *node // nil for REMOVE
}

// Update parses an update.
func (s *Scope) Update(text string) (_ *Update, problem string) {
	if text == "" {
		return nil, "The expression can not be empty;"
	}
	p := newParser(s, text)
	u := &Update{}
	var seen []string
	var section, operand string // problems
	for {
		name := strings.ToUpper(p.next())
		if !slices.Contains([]string{"SET", "REMOVE", "ADD", "DELETE"}, name) {
			p.fail()
		} else {
			p.at++
		}
		if slices.Contains(seen, name) {
			note(&section, "The %q section can only be used once in an update expression;", name)
		}
		seen = append(seen, name)
		for {
			a := action{section: name, path: p.parsePath()}
			p.paths.add(a.path)
			switch name {
			case "SET":
				p.expect("=")
				a.operand = p.parseSum()
			case "ADD", "DELETE":
				if !strings.HasPrefix(p.next(), ":") {
					p.fail()
				}
				a.operand = p.parseOperand(p.checkUpdateFunction)
				note(&operand, "%s", incorrectOperand(name, a.operand.kindOf()))
			}
			u.actions = append(u.actions, a)
			if p.syntax != "" || !p.accept(",") {
				break
			}
		}
		if p.syntax != "" || p.next() == "" {
			break
		}
	}
	u.paths = p.paths
	if problem := first(p.end(), p.reserved, p.unknown, section, p.names, p.values, p.paths.overlap, p.paths.conflict, operand, p.call); problem != "" {
		return nil, problem
	}
	return u, ""
}

// incorrectOperand returns the message for a value that ADD or DELETE does not take.
func incorrectOperand(section, kind string) string {
	name := map[string]string{attribute.String: "STRING", attribute.Number: "NUMBER", attribute.Binary: "BINARY", attribute.Null: "NULL",
		attribute.Boolean: "BOOLEAN", attribute.List: "LIST", attribute.Map: "MAP"}[kind]
	if name == "" || section == "ADD" && kind == attribute.Number {
		return ""
	}
	return "Incorrect operand type for operator or function; operator: " + section + ", operand type: " + name
}

// parseSum parses what SET sets a path to.
func (p *parser) parseSum() *node {
	x := p.parseTerm()
	sign := p.next()
	if sign != "+" && sign != "-" || p.syntax != "" {
		return x
	}
	p.at++
	n := &node{kind: functionNode, name: sign, args: []*node{x, p.parseTerm()}}
	p.checkUpdateFunction(n)
	return n
}

// parseTerm parses an operand of SET, which may be in parentheses.
func (p *parser) parseTerm() *node {
	if !p.accept("(") {
		return p.parseOperand(p.checkUpdateFunction)
	}
	n := p.parseSum()
	p.expect(")")
	return n
}

// checkUpdateFunction checks the call of a function or an operator in an update.
func (p *parser) checkUpdateFunction(n *node) {
	expected := map[string]string{"+": attribute.Number, "-": attribute.Number, "list_append": attribute.List, "if_not_exists": "any"}[n.name]
	switch {
	case expected == "":
		note(&p.unknown, "Invalid function name; function: %s", n.name)
	case len(n.args) != 2:
		note(&p.call, "Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.name, len(n.args))
	case n.name == "if_not_exists":
		if n.args[0].kind != pathNode {
			note(&p.call, "Operator or function requires a document path; operator or function: %s", n.name)
		}
		n.result = n.args[1].kindOf()
	default:
		n.result = expected
		for _, arg := range n.args {
			if kind := arg.kindOf(); kind != "" && kind != expected && arg.kind == valueNode {
				note(&p.call, "Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.name, kind)
			}
		}
	}
}

// Paths returns the paths that the update changes.
func (u *Update) Paths() *Paths {
	if u == nil {
		return nil
	}
	return &u.paths
}

// Changes reports whether the update changes an attribute, and the kind of value that
// it has then, if that is known of a whole attribute.
func (u *Update) Changes(name string) (kind string, changes bool) {
	if u == nil {
		return "", false
	}
	for _, a := range u.actions {
		if a.path[0].Name != name {
			continue
		}
		if len(a.path) == 1 && a.operand != nil {
			return a.operand.kindOf(), true
		}
		return "", true
	}
	return "", false
}

// The problems of an update with an item.
const (
	wrongType   = "An operand in the update expression has an incorrect data type"
	wrongPath   = "The document path provided in the update expression is invalid for update"
	missingPath = "The provided expression refers to an attribute that does not exist in the item"
)

// Apply returns an item as the update changes it. All operands are those of the item
// as it was.
func (u *Update) Apply(item attribute.Item) (_ attribute.Item, problem string) {
	if u == nil {
		return item, ""
	}
	values := make([]attribute.Value, len(u.actions))
	for i, a := range u.actions {
		if a.section != "SET" {
			continue
		}
		if values[i], problem = a.operand.operandOf(item); problem != "" {
			return nil, problem
		}
	}
	e := &edit{item: item.Clone(), lists: map[attribute.Value]*listEdit{}}
	for _, path := range u.paths.list {
		if v := attribute.Get(e.item, path[0].Name); v != nil && len(path) > 1 {
			e.item.Set(path[0].Name, clone(v))
		}
	}
	for i, a := range u.actions {
		parent := e.item
		if above := a.path[:len(a.path)-1]; len(above) > 0 {
			parent = above.Of(e.item)
		}
		step := a.path[len(a.path)-1]
		kind, _ := attribute.Content(parent)
		if len(a.path) > 1 && (step.Name != "" && kind != attribute.Map || step.Name == "" && kind != attribute.List) {
			return nil, wrongPath
		}
		v := values[i]
		if a.section == "ADD" || a.section == "DELETE" {
			if v, problem = a.combined(a.path.Of(item)); problem != "" {
				return nil, problem
			}
		}
		switch {
		case step.Name == "":
			e.list(parent).set(step.Index, v)
		case len(a.path) == 1:
			e.item = with(e.item, step.Name, v)
		default:
			parent.Set(attribute.Map, with(contentOf(parent), step.Name, v))
		}
	}
	for v, l := range e.lists {
		v.Set(attribute.List, l.elements())
	}
	return e.item, ""
}

func contentOf(v attribute.Value) attribute.Item {
	_, content := attribute.Content(v)
	return content.(attribute.Item)
}

// with returns an item with an attribute, or without it if the value is nil.
func with(item attribute.Item, name string, v attribute.Value) attribute.Item {
	if v == nil {
		return item.Without(name)
	}
	return item.With(name, v)
}

// clone returns a copy of a value with copies of all lists and maps in it.
func clone(v attribute.Value) attribute.Value {
	switch kind, content := attribute.Content(v); kind {
	case attribute.List:
		list := slices.Clone(content.([]any))
		for i := range list {
			list[i] = clone(list[i].(attribute.Value))
		}
		return attribute.Of(kind, list)
	case attribute.Map:
		members := value.WithCapacity(content.(attribute.Item).Len())
		for name, member := range content.(attribute.Item).All() {
			members.Add(name, clone(member.(attribute.Value)))
		}
		return attribute.Of(kind, members)
	}
	return v
}

// edit is an item that is being changed. Indexes of lists are those before the change.
type edit struct {
	item  attribute.Item
	lists map[attribute.Value]*listEdit
}

func (e *edit) list(v attribute.Value) *listEdit {
	if e.lists[v] == nil {
		_, content := attribute.Content(v)
		e.lists[v] = &listEdit{was: slices.Clone(content.([]any))}
	}
	return e.lists[v]
}

type listEdit struct {
	was   []any // nil: removed
	after []added
}

type added struct {
	index int
	value attribute.Value
}

// set sets an element; nil removes it. What follows the last element is added there.
func (l *listEdit) set(index int, v attribute.Value) {
	switch {
	case index >= len(l.was) && v != nil:
		l.after = append(l.after, added{index, v})
	case index >= len(l.was):
	case v == nil:
		l.was[index] = nil
	default:
		l.was[index] = v
	}
}

func (l *listEdit) elements() []any {
	list := slices.DeleteFunc(l.was, func(v any) bool { return v == nil })
	slices.SortStableFunc(l.after, func(a, b added) int { return cmp.Compare(a.index, b.index) })
	for _, a := range l.after {
		list = append(list, a.value)
	}
	return list
}

// operandOf returns the value of an operand of SET.
func (n *node) operandOf(item attribute.Item) (_ attribute.Value, problem string) {
	switch {
	case n.kind == valueNode:
		return n.value, ""
	case n.kind == pathNode:
		if v := n.path.Of(item); v != nil {
			return v, ""
		}
		return nil, missingPath
	case n.name == "if_not_exists":
		if v := n.args[0].path.Of(item); v != nil {
			return v, ""
		}
		return n.args[1].operandOf(item)
	}
	x, problem := n.args[0].operandOf(item)
	if problem != "" {
		return nil, problem
	}
	y, problem := n.args[1].operandOf(item)
	if problem != "" {
		return nil, problem
	}
	if attribute.Kind(x) != n.result || attribute.Kind(y) != n.result {
		return nil, wrongType
	}
	if n.name != "list_append" {
		return sum(x, y, n.name == "-")
	}
	_, a := attribute.Content(x)
	_, b := attribute.Content(y)
	return attribute.Of(attribute.List, slices.Concat(a.([]any), b.([]any))), ""
}

func sum(x, y attribute.Value, minus bool) (_ attribute.Value, problem string) {
	n, problem := attribute.Sum(attribute.Text(x), attribute.Text(y), minus)
	return attribute.Of(attribute.Number, n), problem
}

// combined returns what ADD or DELETE makes of a value, which is nil if there is none.
func (a action) combined(v attribute.Value) (_ attribute.Value, problem string) {
	kind, content := attribute.Content(a.operand.value)
	switch {
	case v != nil && attribute.Kind(v) != kind:
		return nil, wrongType
	case v == nil && a.section == "ADD":
		return a.operand.value, ""
	case v == nil:
		return nil, ""
	case kind == attribute.Number:
		return sum(v, a.operand.value, false)
	}
	_, was := attribute.Content(v)
	set := slices.Clone(was.([]any))
	for _, element := range content.([]any) {
		at := slices.Index(set, element)
		switch {
		case a.section == "DELETE" && at >= 0:
			set = slices.Delete(set, at, at+1)
		case a.section == "ADD" && at < 0:
			set = append(set, element)
		}
	}
	if len(set) == 0 {
		return nil, ""
	}
	return attribute.Of(kind, set), ""
}
