package jsonata

import (
	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// export returns v as callers see it, and reports whether it differs from v.
// Lists become arrays. Functions and numbers that JSON cannot represent become
// the strings that AWS puts in their place. Parts that need no change are
// shared.
func (ev *evaluation) export(v any) (any, bool) {
	switch v := v.(type) {
	case float64:
		if s := javascript.NonFinite(v); s != "" {
			return s, true
		}
	case *list:
		if v.outer {
			v, _ := ev.export(v.items[0])
			return v, true
		}
		items, _ := ev.exportItems(v.items)
		return items, true
	case []any:
		return ev.exportItems(v)
	case *value.Object:
		return ev.exportMembers(v)
	case callable:
		return "", true // as in $string
	}
	return v, false
}

func (ev *evaluation) exportItems(items []any) (any, bool) {
	if items == nil {
		return []any{}, true
	}
	var c []any
	for i, item := range items {
		if !ev.walk() {
			break
		}
		item, changed := ev.export(item)
		if IsUndefined(item) { // a predicate can leave a missing value in a sequence
			item, changed = nil, true
		}
		if changed {
			if c == nil {
				ev.hold(len(items))
				c = append(make([]any, 0, len(items)), items...)
			}
			c[i] = item
		}
	}
	if c == nil {
		return items, false
	}
	return c, true
}

func (ev *evaluation) exportMembers(o *value.Object) (any, bool) {
	var c *value.Object
	for name, m := range o.All() {
		if !ev.walk() {
			break
		}
		if m, changed := ev.export(m); changed {
			if c == nil {
				ev.hold(o.Len())
				c = o.Clone()
			}
			c.Set(name, m)
		}
	}
	if c == nil {
		return o, false
	}
	return c, true
}
