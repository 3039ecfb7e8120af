package mapresults

// List keeps results in memory, in the order of the children.
type List struct {
	transformation string
	results        []any
	there          []bool
}

// NewList creates an empty list. An empty transformation is COMPACT.
func NewList(transformation string) *List {
	if transformation == "" {
		transformation = transformCompact
	}
	return &List{transformation: transformation}
}

// Add takes the result of a child. Children that failed are left out unless the
// transformation is NONE.
func (l *List) Add(c *Child) {
	if c.Status != succeeded && l.transformation != transformNone {
		return
	}
	for len(l.results) <= c.Index {
		l.results = append(l.results, nil)
		l.there = append(l.there, false)
	}
	l.there[c.Index] = true
	if l.transformation == transformNone {
		l.results[c.Index] = c.describe()
	} else {
		l.results[c.Index] = c.Output
	}
}

// Result returns the result of the Map state.
func (l *List) Result() any {
	list := make([]any, 0, len(l.results))
	for i, result := range l.results {
		if !l.there[i] {
			continue
		}
		if array, ok := result.([]any); ok && l.transformation == transformFlatten {
			list = append(list, array...)
		} else {
			list = append(list, result)
		}
	}
	return list
}
