// Package calls checks what a task calls: its resource, and the parameters of its
// action.
//
// AWS refuses unknown fields at any depth, missing ones and wrong types: in a
// definition with SCHEMA_VALIDATION_FAILED, and in evaluated parameters with
// States.Runtime.
//
// The package does not refuse what AWS is not known to refuse: null, values of enums,
// a string for a number or the other way round, and JSON for a string that may be
// JSON. That members of a structure are required at any depth, as in the API, is
// inferred.
package calls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/value"
)

// CheckParameters reports wrong parameters in a definition. The field of f that has
// them is name, Parameters or Arguments. A task without them passes its input on; AWS
// refuses it if the integration is optimized.
func CheckParameters(f fields.Object, name string, r services.Resource) {
	s := r.Parameters()
	v, ok := f.Get(name)
	if !ok || s == nil {
		return
	}
	action := r.Service + ":" + r.Action
	of := func(inner *services.Shape) string {
		if inner == s {
			return action
		}
		return inner.Name
	}
	at := f.At(name)
	c := &check{language: f.Language, sdk: strings.HasPrefix(r.Service, "aws-sdk:")}
	c.unknown = func(path, field string, inner *services.Shape) {
		plain := field
		if f.Language == fields.JSONPath {
			plain = strings.TrimSuffix(field, ".$")
		}
		f.Document.Known(fields.Step(path, field), fields.SchemaText(unknownParameter(plain), at),
			"got a field that %s does not have, expected %s", of(inner), fields.Others(plain, inner.Names()))
	}
	c.missing = func(path string, m services.Member, inner *services.Shape) {
		f.Document.Known(fields.Step(path, m.Name), fields.SchemaText(missingParameter(m.Name), at), "got nothing, expected a field that %s requires", of(inner))
	}
	c.wrong = func(path string, v any, expected string) {
		f.Document.Problem(path, "got %s, expected %s", value.Describe(v), expected)
	}
	c.value(v, at, s)
}

// WrongParameters returns AWS's message about evaluated parameters that do not fit the
// shape, or "". The shape is nil if the action is not known. The words for a wrong type
// are not verified.
func WrongParameters(v any, s *services.Shape) string {
	if s == nil {
		return ""
	}
	right := true
	wrong := func() { right = false }
	quick := &check{
		evaluated: true, pathless: true,
		unknown: func(string, string, *services.Shape) { wrong() },
		missing: func(string, services.Member, *services.Shape) { wrong() },
		wrong:   func(string, any, string) { wrong() },
	}
	if quick.value(v, "", s); right { // as nearly always
		return ""
	}
	var texts []string
	c := &check{
		evaluated: true,
		unknown:   func(_, name string, _ *services.Shape) { texts = append(texts, unknownParameter(name)) },
		missing:   func(_ string, m services.Member, _ *services.Shape) { texts = append(texts, missingParameter(m.Name)) },
		wrong: func(path string, v any, expected string) {
			text := fmt.Sprintf("got %s, expected %s", value.Describe(v), expected)
			if path != "" {
				text = fmt.Sprintf("The value of the field '%s' is %s, expected %s", strings.TrimPrefix(path, "."), value.Describe(v), expected)
			}
			texts = append(texts, text)
		},
	}
	c.value(v, "", s)
	return strings.Join(texts, ", ")
}

func unknownParameter(name string) string {
	return fmt.Sprintf(`The field "%s" is not supported by Step Functions`, name)
}

func missingParameter(name string) string {
	return fmt.Sprintf("The field '%s' is required but was missing", name)
}

// check compares parameters with a shape, and reports each problem to one of its
// functions.
type check struct {
	language fields.Language
	// evaluated is true if there are no expressions in the parameters.
	evaluated bool
	pathless  bool // no path is needed, which takes most of the time
	sdk       bool
	// unknown, missing and wrong report what is found. of describes the structure.
	unknown func(path, name string, of *services.Shape)
	missing func(path string, member services.Member, of *services.Shape)
	wrong   func(path string, v any, expected string)
}

// value checks a value.
func (c *check) value(v any, path string, s *services.Shape) {
	if v == nil || s.Kind == services.Any || !c.evaluated && c.computed(v) {
		return
	}
	switch object, isObject := v.(*value.Object); s.Kind {
	case services.Structure, services.Map:
		if !isObject {
			c.wrong(path, v, "an object")
			return
		}
		c.members(object, path, s)
	case services.List:
		list, ok := v.([]any)
		if !ok {
			c.wrong(path, v, "an array")
			return
		}
		for i := range list {
			c.value(list[i], c.element(path, i), s.Of)
		}
	default:
		if !scalar(v, s.Kind) {
			c.wrong(path, v, map[services.Kind]string{services.Text: "a string", services.Number: "a number", services.Boolean: "true or false"}[s.Kind])
		}
	}
}

func (c *check) step(path, name string) string {
	if c.pathless {
		return ""
	}
	return fields.Step(path, name)
}

func (c *check) element(path string, i int) string {
	if c.pathless {
		return ""
	}
	return fields.Element(path, i)
}

// members checks the members of a structure or the values of a map.
func (c *check) members(object *value.Object, path string, s *services.Shape) {
	var found []string
	for name, v := range object.All() {
		member, dynamic := name, false
		if !c.evaluated && c.language == fields.JSONPath {
			member, dynamic = strings.CutSuffix(name, ".$")
		}
		if !c.evaluated && fields.HasSubstitution(name) {
			return // the names are not known yet
		}
		if s.Kind == services.Map {
			if !dynamic {
				c.value(v, c.step(path, name), s.Of)
			}
			continue
		}
		m, ok := s.Member(member)
		switch {
		case ok:
			found = append(found, m.Name)
			if !dynamic {
				c.value(v, c.step(path, name), m.Shape)
			}
		case s.Open:
		case dynamic && !c.sdk:
			// ValidateStateMachineDefinition accepts it in optimized integrations, and
			// the task fails when it runs (seen for TaskToken.$ of lambda:invoke).
		default:
			c.unknown(path, name, s)
		}
	}
	for _, m := range s.Members {
		if m.Required && !slices.Contains(found, m.Name) {
			c.missing(path, m, s)
		}
	}
}

// computed reports whether a value is a JSONata expression or has a substitution in
// it.
func (c *check) computed(v any) bool {
	text, ok := v.(string)
	return ok && (c.language == fields.JSONata && strings.HasPrefix(text, "{%") || fields.HasSubstitution(text))
}

// scalar reports whether a value can be text, a number or a boolean. That a string
// such as "$.paid" is no boolean was seen on AWS; that "true" is one is inferred.
func scalar(v any, kind services.Kind) bool {
	switch v := v.(type) {
	case *value.Object, []any:
		return false
	case bool:
		return kind != services.Number
	case string:
		switch kind {
		case services.Number:
			_, err := strconv.ParseFloat(v, 64)
			return err == nil
		case services.Boolean:
			return strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
		}
	}
	return true
}
