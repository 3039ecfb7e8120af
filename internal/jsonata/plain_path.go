package jsonata

import (
	"math"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
	"github.com/mapjob/mapjob/internal/value"
)

// Step represents one step of a plain path: a field, and the literal indexes
// that follow it.
type Step struct {
	Field   string
	Indexes []float64
}

// plainPath evaluates a path of fields and literal indexes, such as
// $states.input.items[0].id. Each step looks up a member. If an array stands in
// the way, the general path takes over.
type plainPath struct {
	variable bool   // the path starts at a variable
	symbol   symbol // the variable, unless it is $
	context  bool   // the variable is $
	name     string
	steps    []Step
	general  *path
}

// plainPath returns n as a plain path, or nil if it is not one.
func (c *compiler) plainPath(n *syntax.Node) *plainPath {
	if n.KeepArray || n.KeepSingle || n.Tuple || n.Group != nil {
		return nil
	}
	p := &plainPath{}
	list := n.List
	if first := list[0]; first.Kind == syntax.KindVariable {
		if first.Predicates != nil || first.Stages != nil || first.Group != nil || first.Tuple || first.KeepArray {
			return nil
		}
		p.variable, p.name = true, first.Text
		if p.context = first.Text == ""; !p.context {
			p.symbol = c.symbol(first.Text)
		}
		list = list[1:]
	}
	for _, s := range list {
		if s.Kind != syntax.KindName || s.Tuple || s.KeepArray || s.Group != nil || s.Predicates != nil {
			return nil
		}
		step := Step{Field: s.Text}
		for _, st := range s.Stages {
			if st.Filter == nil || st.Filter.Kind != syntax.KindNumber {
				return nil
			}
			step.Indexes = append(step.Indexes, math.Floor(st.Filter.Value.(float64)))
		}
		p.steps = append(p.steps, step)
	}
	return p
}

func (p *plainPath) eval(ev *evaluation, input any, f *frame) (any, error) {
	if ev.depth >= ev.maxDepth { // the steps count as a level
		return nil, &Error{Message: stackOverflow}
	}
	start := input
	if p.variable && !p.context {
		start = ev.lookup(p.symbol, f)
	}
	if v, ok := p.walk(start); ok {
		return v, nil
	}
	return p.general.eval(ev, input, f)
}

// walk follows the path. It reports false if it meets an array that it would
// have to map over, or an array that the expression made.
func (p *plainPath) walk(v any) (any, bool) {
	for i := range p.steps {
		step := &p.steps[i]
		switch o := v.(type) {
		case *value.Object:
			m, ok := o.Get(step.Field)
			if !ok {
				return Undefined, true
			}
			v = m
		case []any, *list:
			return nil, false
		default:
			return Undefined, true
		}
		for _, index := range step.Indexes {
			switch items := v.(type) {
			case []any:
				v = at(items, index)
			case *list:
				return nil, false
			default:
				if index != 0 && index != -1 {
					v = Undefined
				}
			}
			if IsUndefined(v) {
				return v, true
			}
		}
	}
	switch v.(type) {
	case *list:
		return nil, false
	}
	return v, true
}
