package expression

// Template is a JSON value of which some parts are expressions: Arguments,
// Output, Assign and ItemSelector in JSONata; Parameters, ResultSelector and
// Assign in JSONPath.
type Template struct{ root Node }

// NewTemplate returns a template with the given root.
func NewTemplate(root Node) *Template { return &Template{root} }

// Evaluate returns the value of the template. The error is an [*Error].
func (t *Template) Evaluate(s *Scope) (any, error) { return t.root.Evaluate(s) }

// Source returns the JSONata expression that is the whole template; "" if it is not
// one.
func (t *Template) Source() string {
	if e, ok := t.root.(*JSONata); ok {
		return e.source
	}
	return ""
}

// Unexpected returns the error of a field that got a value of another type than
// it expects from the template.
func (t *Template) Unexpected(expected string, v any) error {
	if e, ok := t.root.(*JSONata); ok {
		return e.unexpected(expected, v)
	}
	return &Error{Name: errQuery, Message: "got a value of type " + TypeName(v) + ", expected " + expected}
}
