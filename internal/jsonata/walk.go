package jsonata

import (
	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// The functions in this file walk over values. Each of them counts its steps,
// because a value can share its parts, and a walk then visits them many times.

// member returns the value of a field in an object, or in each object of an
// array.
func (ev *evaluation) member(v any, name string) any {
	if o, ok := v.(*value.Object); ok {
		if m, ok := o.Get(name); ok {
			return m
		}
		return Undefined
	}
	items, ok := elements(v)
	if !ok {
		return Undefined
	}
	var out []any
	for _, item := range items {
		if !ev.walk() {
			break
		}
		switch m := ev.member(item, name).(type) {
		case undefined:
		case []any:
			out = append(out, m...)
		case *list:
			out = append(out, m.items...)
		default:
			out = append(out, m)
		}
		if ev.tooLong(out) {
			break
		}
	}
	return &list{items: out, seq: true}
}

// flatten appends the items of nested arrays at any depth.
func (ev *evaluation) flatten(out, items []any) []any {
	for _, item := range items {
		if !ev.walk() || ev.tooLong(out) {
			break
		}
		if inner, ok := elements(item); ok {
			out = ev.flatten(out, inner)
		} else {
			out = append(out, item)
		}
	}
	return out
}

// descend appends v and everything in it. It appends the elements of arrays,
// but not the arrays themselves.
func (ev *evaluation) descend(out []any, v any) []any {
	if !ev.walk() || ev.tooLong(out) {
		return out
	}
	if items, ok := elements(v); ok {
		for _, item := range items {
			out = ev.descend(out, item)
		}
		return out
	}
	out = append(out, v)
	if o, ok := v.(*value.Object); ok {
		for _, m := range o.All() {
			out = ev.descend(out, m)
		}
	}
	return out
}

// keys appends the names of an object's members, or of the objects in an array
// at any depth.
func (ev *evaluation) keys(out []any, seen map[string]bool, v any) []any {
	if o, ok := v.(*value.Object); ok {
		for name := range o.All() {
			if !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	items, _ := elements(v)
	for _, item := range items {
		if !ev.walk() {
			break
		}
		out = ev.keys(out, seen, item)
	}
	return out
}

// spread returns an object for each member of an object, or of the objects in
// an array.
func (ev *evaluation) spread(v any) any {
	if o, ok := v.(*value.Object); ok {
		out := &list{seq: true}
		for name, m := range o.All() {
			ev.store(m)
			ev.hold(1)
			out.items = append(out.items, value.NewObject(name, m))
		}
		return out
	}
	items, ok := elements(v)
	if !ok {
		return v
	}
	var out []any
	empty := true
	for _, item := range items {
		if !ev.walk() || ev.tooLong(out) {
			break
		}
		if IsUndefined(item) {
			continue
		}
		empty = false
		if parts, ok := elements(ev.spread(item)); ok {
			out = append(out, parts...)
		} else {
			out = append(out, item)
		}
	}
	if empty {
		return &list{seq: true}
	}
	return out
}

// contains reports whether v is target or contains it. seen holds the parts
// that have been searched.
func (ev *evaluation) contains(v any, target *value.Object, seen map[any]bool) bool {
	if o, ok := v.(*value.Object); ok {
		if o == target {
			return true
		}
		if seen[o] {
			return false
		}
		seen[o] = true
		for _, m := range o.All() {
			if !ev.walk() || ev.contains(m, target, seen) {
				return true
			}
		}
		return false
	}
	items, _ := elements(v)
	if len(items) == 0 || seen[&items[0]] {
		return false
	}
	seen[&items[0]] = true
	for _, item := range items {
		if !ev.walk() || ev.contains(item, target, seen) {
			return true
		}
	}
	return false
}

// deepCopy implements $clone. It rounds numbers as $string does.
func (ev *evaluation) deepCopy(v any) any {
	switch v := v.(type) {
	case float64:
		if err := finite(v); err != nil && ev.stopped == nil {
			ev.stopped = err
		}
		if v != v {
			return nil // as in JSON
		}
		return javascript.Round15(v)
	case callable:
		return ""
	case undefined:
		return nil
	case *value.Object:
		ev.hold(v.Len())
		c := value.WithCapacity(v.Len())
		for name, m := range v.All() {
			if !ev.walk() {
				break
			}
			c.Set(name, ev.deepCopy(m))
		}
		return c
	}
	items, ok := elements(v)
	if !ok {
		return v
	}
	if l, ok := v.(*list); ok && l.outer {
		return ev.deepCopy(l.items[0])
	}
	ev.hold(len(items))
	c := make([]any, 0, len(items))
	for _, item := range items {
		if !ev.walk() {
			break
		}
		c = append(c, ev.deepCopy(item))
	}
	return c
}
