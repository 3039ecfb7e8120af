package expression

import (
	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

// plainPath is an expression that only walks from $states or a variable along
// member names. It costs no more than looking them up. If it meets an array, over
// which JSONata maps, it leaves the expression to the interpreter.
type plainPath struct {
	variable string // "" for $states
	part     string // input, result, errorOutput, context
	names    []string
}

// compilePlain returns the plain path of an expression, or nil if the expression
// does more than walk along names.
func compilePlain(e *jsonata.Expression) *plainPath {
	variable, steps, ok := e.Path()
	if !ok || variable == "" || variable == "$" {
		return nil
	}
	names := make([]string, len(steps))
	for i, s := range steps {
		if len(s.Indexes) > 0 {
			return nil
		}
		names[i] = s.Field
	}
	if variable != "states" {
		return &plainPath{variable: variable, names: names}
	}
	if len(names) == 0 {
		return nil
	}
	return &plainPath{part: names[0], names: names[1:]}
}

func (p *plainPath) get(s *Scope) (any, bool) {
	var v any
	ok := true
	switch {
	case p.variable != "":
		v, ok = s.Variables.Get(p.variable)
	case p.part == "input":
		v = s.Input
	case p.part == "result":
		v, ok = s.Result, s.HasResult
	case p.part == "errorOutput":
		v, ok = s.ErrorOutput, s.HasErrorOutput
	case p.part == "context" && s.Context != nil:
		return s.Context.Member(p.names)
	default:
		return nil, false
	}
	if ok {
		v, ok = value.Member(v, p.names)
	}
	// In JSONata the array at the end of a path is a sequence, and a sequence of
	// one element becomes that element. This does not apply to arrays that come
	// whole from an input: jsonata keeps them.
	return v, ok
}
