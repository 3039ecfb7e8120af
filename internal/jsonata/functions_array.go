package jsonata

import (
	"math/rand/v2"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

var arrayFunctions = []*native{
	function("count", "<a:n>", 1, func(c arguments) (any, error) { return value.Whole(len(c.items(0))), nil }),
	function("append", "<xx:a>", 2, func(c arguments) (any, error) {
		v := joined(c.value(0), c.value(1))
		return v, c.ev.allocate(len(each(v)), 8)
	}),
	function("reverse", "<a:a>", 1, func(c arguments) (any, error) {
		items := c.items(0)
		if len(items) <= 1 {
			return c.value(0), nil
		}
		out := make([]any, len(items))
		for i := range items {
			out[len(items)-1-i] = items[i]
		}
		return c.array(out)
	}),
	function("shuffle", "<a:a>", 1, func(c arguments) (any, error) {
		items := c.items(0)
		if len(items) <= 1 {
			return c.value(0), nil
		}
		out := append(make([]any, 0, len(items)), items...)
		c.ev.shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return c.array(out)
	}),
	function("distinct", "<x:x>", 1, distinct),
	function("sort", "<af?:a>", 2, sortArray),
	function("zip", "<a+>", 0, zip),
}

func (ev *evaluation) shuffle(n int, swap func(i, j int)) {
	if ev.env.Random != nil {
		ev.env.Random.Shuffle(n, swap)
	} else {
		rand.Shuffle(n, swap)
	}
}

// distinct keeps the first of equal elements. It returns a sequence for a
// sequence, and a plain array for any other array.
func distinct(c arguments) (any, error) {
	items, ok := elements(c.value(0))
	if !ok || len(items) <= 1 {
		return c.value(0), nil
	}
	var out []any
	seen := make(map[any]bool)
	for _, item := range items {
		if key, ok := hashable(item); ok {
			if seen[key] {
				continue
			}
			seen[key] = true
		} else {
			repeated := false
			for _, have := range out {
				if err := c.ev.tick(); err != nil {
					return nil, err
				}
				if repeated = c.ev.equal(have, item); repeated {
					break
				}
			}
			if repeated {
				continue
			}
		}
		out = append(out, item)
	}
	if l, ok := c.value(0).(*list); ok && l.seq {
		return c.sequence(out)
	}
	return c.array(out)
}

func sortArray(c arguments) (any, error) {
	items := c.items(0)
	if c.missing(0) || len(items) <= 1 {
		return c.value(0), nil
	}
	if fn := c.function(1); fn != nil {
		var space [2]any
		out, err := mergeSort(items, func(a, b any) (bool, error) {
			if err := c.ev.tick(); err != nil {
				return false, err
			}
			v, err := c.ev.apply(fn, append(space[:0], a, b), nil)
			return err == nil && scriptTruthy(v), err
		})
		if err != nil {
			return nil, err
		}
		return c.array(out)
	}
	numbers, strings := true, true
	for _, item := range items {
		if _, ok := item.(string); !ok {
			strings = false
		}
		if _, ok := value.Float(item); !ok {
			numbers = false
		}
	}
	if !numbers && !strings {
		return nil, &Error{Code: "D3070", index: 1}
	}
	out, _ := mergeSort(items, func(a, b any) (bool, error) {
		if strings {
			return javascript.CompareStrings(a.(string), b.(string)) > 0, nil
		}
		x, _ := value.Float(a)
		y, _ := value.Float(b)
		return x > y, nil
	})
	return c.array(out)
}

func zip(c arguments) (any, error) {
	shortest := -1
	for i := range c.list {
		if n := len(c.items(i)); shortest < 0 || n < shortest {
			shortest = n
		}
	}
	out := make([]any, 0, max(shortest, 0))
	for i := range max(shortest, 0) {
		row := make([]any, len(c.list))
		for j := range c.list {
			row[j] = c.items(j)[i]
		}
		v, err := c.array(row)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return c.array(out)
}
