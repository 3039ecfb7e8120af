package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// What inline and distributed Maps have in common: the fields of the state, and
// the items.

// maxConcurrency evaluates MaxConcurrency. It returns most for 0 and for more
// than that.
func (v *visit) maxConcurrency(most int) (int, error) {
	d := v.state.Map.MaxConcurrency
	if d == nil {
		return most, nil
	}
	n, err := d.Integer(v.scope())
	if err != nil {
		return 0, err
	}
	if n < 0 {
		return 0, &expression.Error{Name: errRuntime, Message: fmt.Sprintf("%s cannot be negative", d.Field)}
	}
	if n == 0 || n > int64(most) {
		return most, nil
	}
	return int(n), nil
}

// mapItems returns the items of a Map without a reader: Items, ItemsPath or the
// input. In a Distributed Map, an object is a list of its members, whose names are
// the keys; with JSONata, only an object in Items is (recorded for JSONata).
func (v *visit) mapItems() (items []any, keys []string, err error) {
	m := v.state.Map
	list := v.effective
	switch {
	case m.Items != nil:
		if list, err = m.Items.Evaluate(v.scope()); err != nil {
			return nil, nil, err
		}
	case m.ItemsPath != nil:
		if list, err = m.ItemsPath.Get(v.scope()); err != nil {
			return nil, nil, expression.InvalidPath(m.ItemsPath, err)
		}
	}
	switch list := list.(type) {
	case []any:
		return list, nil, nil
	case *value.Object:
		if m.Processor.Distributed && (v.state.QueryLanguage == asl.JSONPath || m.Items != nil) {
			for name, x := range list.All() {
				items, keys = append(items, x), append(keys, name)
			}
			return items, keys, nil
		}
	}
	return nil, nil, v.notIterable(list)
}

func (v *visit) notIterable(list any) error {
	if v.state.Map.Items != nil {
		return v.state.Map.Items.Unexpected("array", list)
	}
	if v.state.QueryLanguage == asl.JSONata {
		return &expression.Error{Name: errRuntime, Message: "Map state input must be an array but was: " + value.Text(list)}
	}
	path := "$"
	if p := v.state.Map.ItemsPath; p != nil {
		path = p.String()
	}
	return &expression.Error{Name: errRuntime, Message: fmt.Sprintf("Reference path \"%s\" must point to array.", path)}
}

// mapItem is one item of a Map.
type mapItem struct {
	index int
	value any
	// key is set if the items are the members of an object, and source in a
	// Distributed Map.
	key         string
	hasKey      bool
	source      string
	contextPart *value.Object // cached by context
}

// newItem returns item i of a list, or member i of an object.
func newItem(items []any, keys []string, i int) mapItem {
	item := mapItem{value: items[i]}
	if keys != nil {
		item.key, item.hasKey = keys[i], true
	}
	return item
}

// input returns the input of an iteration or a child if there is no
// ItemSelector.
func (m *mapItem) input() any {
	if m.hasKey {
		return value.NewObject("Key", m.key, "Value", m.value)
	}
	return m.value
}

// selectItem returns the input of an iteration or a child: what ItemSelector
// makes of the item, or the item.
func (v *visit) selectItem(item *mapItem) (any, error) {
	selector := v.state.Map.ItemSelector
	if selector == nil {
		return item.input(), nil
	}
	scope := v.scope()
	v.run.context.item = item
	return selector.Evaluate(scope)
}
