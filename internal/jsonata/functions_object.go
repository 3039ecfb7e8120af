package jsonata

import "github.com/mapjob/mapjob/internal/value"

var objectFunctions = []*native{
	function("keys", "<x-:a<s>>", 1, func(c arguments) (any, error) { return c.sequence(c.ev.keys(nil, map[string]bool{}, c.value(0))) }),
	function("lookup", "<x-s:x>", 2, func(c arguments) (any, error) {
		return c.ev.member(c.value(0), c.string(1)), nil
	}),
	function("spread", "<x-:a<o>>", 1, func(c arguments) (any, error) {
		v := c.ev.spread(c.value(0))
		return v, c.ev.allocate(len(each(v)), 8)
	}),
	function("merge", "<a<o>:o>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		out := &value.Object{}
		for _, item := range c.items(0) {
			for name, m := range item.(*value.Object).All() {
				c.ev.store(m)
				out.Set(name, m)
			}
			if err := c.ev.tick(); err != nil {
				return nil, err
			}
		}
		return out, nil
	}),
	function("each", "<o-f:a>", 2, func(c arguments) (any, error) {
		it := c.iteratee(1)
		var out []any
		object, _ := c.value(0).(*value.Object)
		for name, m := range object.All() {
			v, err := it.callMember(m, name)
			if err != nil {
				return nil, err
			}
			if !IsUndefined(v) {
				c.ev.store(v)
				out = append(out, v)
			}
		}
		return c.sequence(out)
	}),
	function("sift", "<o-f?:o>", 2, func(c arguments) (any, error) {
		it := c.iteratee(1)
		out := &value.Object{}
		object, _ := c.value(0).(*value.Object)
		for name, m := range object.All() {
			ok, err := it.holds(it.callMember(m, name))
			if err != nil {
				return nil, err
			}
			if ok {
				c.ev.store(m)
				out.Set(name, m)
			}
		}
		if out.Len() == 0 {
			return Undefined, nil
		}
		return out, nil
	}),
}
