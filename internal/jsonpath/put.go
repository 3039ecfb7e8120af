package jsonpath

import (
	"slices"

	"github.com/mapjob/mapjob/internal/value"
)

// Put returns a copy of root with v in the place that the path names, and
// leaves root unchanged. It creates missing members on the way. The path must
// be a reference, see [Path.Reference]. Put fails if the path leads through a
// value without members, or past the end of an array.
func (p *Path) Put(root, v any) (any, error) { return put(root, p.tokens, "$", v) }

func put(root any, tokens []token, path string, v any) (any, error) {
	if len(tokens) == 0 {
		return v, nil
	}
	here := path + tokens[0].text()
	switch t := tokens[0].(type) {
	case properties:
		object, ok := root.(*value.Object)
		if !ok && root != nil {
			return nil, notFound("%s", here)
		}
		child, _ := object.Get(t[0])
		changed, err := put(child, tokens[1:], here, v)
		if err != nil {
			return nil, err
		}
		return object.With(t[0], changed), nil
	case indexes:
		list, ok := root.([]any)
		if !ok || t[0] >= len(list) {
			return nil, notFound("%s", here)
		}
		changed, err := put(list[t[0]], tokens[1:], here, v)
		if err != nil {
			return nil, err
		}
		list = slices.Clone(list)
		list[t[0]] = changed
		return list, nil
	}
	return nil, notFound("%s", here)
}
