package jsonata

var higherOrderFunctions = []*native{
	function("map", "<af>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		it := c.iteratee(1)
		items := c.items(0)
		out := make([]any, 0, len(items))
		for i, item := range items {
			v, err := it.call(item, i)
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
	function("filter", "<af>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		it := c.iteratee(1)
		var out []any
		for i, item := range c.items(0) {
			ok, err := it.holds(it.call(item, i))
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, item)
			}
		}
		return c.sequence(out)
	}),
	function("single", "<af?>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		it := c.iteratee(1)
		found := Undefined
		hasFound := false
		for i, item := range c.items(0) {
			if it.fn != nil {
				ok, err := it.holds(it.call(item, i))
				if err != nil {
					return nil, err
				}
				if !ok {
					continue
				}
			}
			if hasFound {
				return nil, &Error{Code: "D3138", index: i}
			}
			found, hasFound = item, true
		}
		if !hasFound {
			return nil, &Error{Code: "D3139"}
		}
		return found, nil
	}),
	function("reduce", "<afj?:j>", 3, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		it := c.iteratee(1)
		if it.fn != nil && it.fn.arity() < 2 {
			return nil, &Error{Code: "D3050", index: 1}
		}
		items := c.items(0)
		result := c.value(2)
		start := 0
		if c.missing(2) && len(items) > 0 {
			result, start = items[0], 1
		}
		for i := start; i < len(items); i++ {
			given := append(it.space[:0], result, items[i])
			if it.count > 2 {
				given = append(given, float64(i))
			}
			if it.count > 3 {
				given = append(given, it.whole)
			}
			var err error
			if result, err = it.apply(given); err != nil {
				return nil, err
			}
		}
		return result, nil
	}),
}
