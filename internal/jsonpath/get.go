package jsonpath

import (
	"fmt"
	"math"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Get returns what the path refers to in root: one value if the path is
// definite, else an array of all values. If a definite path refers to nothing,
// the error is a [*NotFoundError].
func (p *Path) Get(root any) (any, error) { return p.get(root, root) }

func (p *Path) get(from, root any) (any, error) {
	if p.names != nil {
		if v, ok := walk(from, p.names); ok {
			return v, nil
		}
	}
	e := evaluation{root: root, definite: true}
	tokens := p.tokens
	if p.total {
		tokens = tokens[:len(tokens)-1]
	}
	results := []any{}
	err := e.steps(from, tokens, "$", func(v any) { results = append(results, v) })
	switch {
	case err != nil:
		return nil, err
	case p.total:
		return total(p.tokens[len(tokens)].(function).name, results, root)
	case !p.definite:
		return results, nil
	}
	if len(results) == 0 {
		return nil, notFound("No results for path: %s", p.text())
	}
	return results[0], nil
}

func walk(v any, names []string) (any, bool) {
	for _, name := range names {
		object, ok := v.(*value.Object)
		if !ok {
			return nil, false
		}
		if v, ok = object.Get(name); !ok {
			return nil, false
		}
	}
	return v, true
}

func (p *Path) text() string {
	var text strings.Builder
	text.WriteString("$")
	for _, t := range p.tokens {
		text.WriteString(t.text())
	}
	return text.String()
}

// evaluation follows the steps of a path. definite is true while the path can
// refer to only one value; a step that leads nowhere is then an error. If strict,
// an object without a member of the path is an error everywhere.
type evaluation struct {
	root     any
	definite bool
	strict   bool
}

func (e evaluation) steps(v any, tokens []token, path string, found func(any)) error {
	if len(tokens) == 0 {
		found(v)
		return nil
	}
	t, rest := tokens[0], tokens[1:]
	here := path + t.text()
	switch t := t.(type) {
	case properties:
		return e.properties(v, t, rest, path, found)
	case indexes:
		return e.indexes(v, t, rest, path, found)
	case function:
		result, err := call(t.name, v)
		if err == nil {
			found(result)
		}
		return err
	}
	e.definite = false
	switch t := t.(type) {
	case wildcard:
		return children(v, func(child any) error { return e.steps(child, rest, here, found) })
	case slice:
		list, ok := v.([]any)
		if !ok {
			return nil
		}
		from, to := t.bounds(len(list))
		for i := from; i < to; i++ {
			if err := e.steps(list[(i+len(list))%len(list)], rest, here, found); err != nil {
				return err
			}
		}
	case filter:
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
			if _, ok := v.(*value.Object); !ok {
				return nil
			}
		}
		for _, element := range list {
			if t.condition(filterScope{element, e.root}) {
				if err := e.steps(element, rest, here, found); err != nil {
					return err
				}
			}
		}
	case descent:
		if f, ok := rest[0].(filter); ok {
			return e.descendFiltered(v, f, rest[1:], here, found)
		}
		return e.descend(v, rest, here, found)
	}
	return nil
}

func (e evaluation) properties(v any, names properties, rest []token, path string, found func(any)) error {
	object, ok := v.(*value.Object)
	if !ok {
		if !e.definite {
			return nil
		}
		return notFound("Expected to find an object with property %s in path %s but found '%s'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.", names.text(), path, nodeName(v))
	}
	if len(names) > 1 {
		return pick(object, names, rest, path, found)
	}
	child, ok := object.Get(names[0])
	if ok {
		return e.steps(child, rest, path+names.text(), found)
	}
	if !e.strict && (!e.definite || !definite(rest)) {
		return nil // an indefinite path that finds nothing returns an empty array
	}
	if len(rest) > 0 {
		return notFound("Missing property in path %s%s", path, names.text())
	}
	return notFound("No results for path: %s%s", path, names.text())
}

// pick selects several members, which form one object. They have to be the end of
// the path: AWS was seen to fail otherwise, in the words of an older Jayway.
func pick(object *value.Object, names properties, rest []token, path string, found func(any)) error {
	if len(rest) > 0 {
		return notFound("Multi properties can only be used as path leafs: %s['%s']", path, strings.Join(names, "', '"))
	}
	picked := &value.Object{}
	for _, name := range names {
		if child, ok := object.Get(name); ok {
			picked.Set(name, child)
		}
	}
	found(picked)
	return nil
}

func (e evaluation) indexes(v any, list indexes, rest []token, path string, found func(any)) error {
	elements, ok := v.([]any)
	if !ok {
		if !e.definite || len(list) > 1 || !definite(rest) {
			return nil
		}
		return notFound("Filter: %s can only be applied to arrays. Current context is: %s", list.text(), value.Text(v))
	}
	if len(list) > 1 {
		e.definite = false
	}
	for _, i := range list {
		at := i
		if at < 0 {
			at += len(elements)
		}
		if at < 0 || at >= len(elements) {
			if e.definite && definite(rest) {
				err := &NotFoundError{Message: fmt.Sprintf("No results for path: %s[%d]", path, i)}
				if len(rest) == 0 {
					err.reason = ErrIndex
				}
				return err
			}
			continue
		}
		if err := e.steps(elements[at], rest, path+list.text(), found); err != nil {
			return err
		}
	}
	return nil
}

func definite(tokens []token) bool {
	for i, t := range tokens {
		if !t.definite(i == len(tokens)-1) {
			return false
		}
	}
	return true
}

// descend applies the rest of the path to the value and to everything in it,
// parents first.
func (e evaluation) descend(v any, rest []token, path string, found func(any)) error {
	err := error(nil)
	switch t := rest[0].(type) {
	case properties:
		if len(t) > 1 || has(v, t[0]) {
			err = e.steps(v, rest, path, found)
		}
	case indexes, slice:
		if _, ok := v.([]any); ok && len(rest) > 1 { // Jayway then takes all elements
			err = children(v, func(child any) error { return e.steps(child, rest[1:], path, found) })
		} else {
			err = e.steps(v, rest, path, found)
		}
	default:
		err = e.steps(v, rest, path, found)
	}
	if err != nil {
		return err
	}
	return children(v, func(child any) error { return e.descend(child, rest, path, found) })
}

func has(v any, name string) bool {
	_, ok := walk(v, []string{name})
	return ok
}

// descendFiltered applies the rest of the path to every object that satisfies the
// filter. As Jayway does, it does not apply a filter to the elements of an array
// unless the array itself satisfies it.
func (e evaluation) descendFiltered(v any, f filter, rest []token, path string, found func(any)) error {
	err := error(nil)
	switch list, isList := v.([]any); {
	case !f.condition(filterScope{v, e.root}):
	case !isList:
		if _, ok := v.(*value.Object); ok {
			err = e.steps(v, rest, path, found)
		}
	case len(rest) == 0:
		err = e.steps(v, []token{f}, path, found)
	default:
		err = children(list, func(child any) error { return e.steps(child, rest, path, found) })
	}
	if err != nil {
		return err
	}
	return children(v, func(child any) error { return e.descendFiltered(child, f, rest, path, found) })
}

func children(v any, step func(any) error) error {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if err := step(element); err != nil {
				return err
			}
		}
	case *value.Object:
		for _, member := range v.All() {
			if err := step(member); err != nil {
				return err
			}
		}
	}
	return nil
}

func nodeName(v any) string {
	const nodes = "com.fasterxml.jackson.databind.node."
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return nodes + "BooleanNode"
	case string:
		return nodes + "TextNode"
	case []any:
		return nodes + "ArrayNode"
	case float64:
		if v == math.Trunc(v) {
			return nodes + "IntNode"
		}
		return nodes + "DoubleNode"
	case value.Number:
		return nodes + "BigIntegerNode"
	}
	return nodes + "ObjectNode"
}
