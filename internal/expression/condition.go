package expression

import "fmt"

// Condition decides whether a Choice rule matches.
type Condition interface {
	Holds(s *Scope) (bool, error)
}

// Literal is a condition that always has the same answer.
type Literal bool

// Holds returns the literal.
func (l Literal) Holds(*Scope) (bool, error) { return bool(l), nil }

// Holds evaluates the expression, which must return a boolean.
func (e *JSONata) Holds(s *Scope) (bool, error) {
	v, err := e.Evaluate(s)
	if err != nil {
		return false, err
	}
	holds, ok := v.(bool)
	if !ok {
		return false, e.unexpected("boolean", v)
	}
	return holds, nil
}

// Compare compares a variable with an operand.
type Compare struct {
	Variable   *Path
	Comparison *Comparison
	Operand    any
	// Path is the path of the operand. Default: Operand is used.
	Path *Path
}

// Holds compares the values. The error is States.Runtime if a path refers to no value.
func (c *Compare) Holds(s *Scope) (bool, error) {
	v, err := c.Variable.Get(s)
	if err != nil {
		return false, invalidChoice(c.Variable)
	}
	operand := c.Operand
	if c.Path != nil {
		if operand, err = c.Path.Get(s); err != nil {
			return false, invalidChoice(c.Path)
		}
	}
	return c.Comparison.holds(v, operand), nil
}

func invalidChoice(p *Path) error {
	return &Error{Name: errRuntime, Message: fmt.Sprintf("Invalid path '%s': The choice state's condition path references an invalid value.", p)}
}

// Present is the condition of IsPresent.
type Present struct {
	Variable *Path
	Expected bool
}

// Holds reports whether the variable has a value, if Expected is true, or has none.
func (p *Present) Holds(s *Scope) (bool, error) {
	v, err := p.Variable.Get(s)
	if list, ok := v.([]any); ok && err == nil && !p.Variable.Definite() {
		return (len(list) > 0) == p.Expected, nil
	}
	return (err == nil) == p.Expected, nil
}

// Not is the opposite of another condition.
type Not struct{ Condition Condition }

// Holds returns the opposite of the other condition.
func (n *Not) Holds(s *Scope) (bool, error) {
	holds, err := n.Condition.Holds(s)
	return !holds, err
}

// Combined holds if all of its conditions do or, if Any is true, one of them.
type Combined struct {
	Conditions []Condition
	Any        bool
}

// Holds stops at the first condition that decides the answer: the conditions
// after it may read a value that an IsPresent before them has found missing.
func (c *Combined) Holds(s *Scope) (bool, error) {
	for _, inner := range c.Conditions {
		holds, err := inner.Holds(s)
		if err != nil {
			return false, err
		}
		if holds == c.Any {
			return c.Any, nil
		}
	}
	return !c.Any, nil
}
