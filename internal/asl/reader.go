package asl

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// reader collects the problems of a definition while it is being read.
type reader struct {
	problems Problems
	// unresolved are the fields that wait for a substitution.
	unresolved Problems
	names      map[string]string // state name to the path of its first use
	anySize    bool
	language   QueryLanguage // of the state machine, and of every state that names none
}

func (r *reader) problem(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// known is problem, for one of which the service's words are known.
func (r *reader) known(path, service, format string, args ...any) {
	r.problem(path, format, args...)
	r.problems[len(r.problems)-1].service = service
}

func message(err error) string {
	var evaluation *EvaluationError
	if errors.As(err, &evaluation) {
		return evaluation.Message
	}
	return err.Error()
}

// fields is an object of the definition, read field by field.
type fields struct {
	*reader
	path     string
	of       string // what the object is, such as "a Pass state"
	object   *value.Object
	language QueryLanguage
	// offer is what expressions in the object may read of $states.
	offer offer
}

// fields opens an object, and refuses what its kind does not have in this
// query language. of is nil, false where v is no object.
func (r *reader) fields(v any, path, of string, kind fieldKind, language QueryLanguage) (fields, bool) {
	object, ok := v.(*value.Object)
	if !ok {
		r.problem(path, "got %s, expected an object", describe(v))
		return fields{}, false
	}
	f := fields{reader: r, path: path, of: of, object: object, language: language}
	f.refuseOthers(kind)
	return f, true
}

// refuseOthers reports the fields that objects of this kind do not have.
func (f fields) refuseOthers(kind fieldKind) {
	for name := range f.object.All() {
		languages, ok := fieldTable[kind][name]
		switch {
		case !ok:
			f.known(step(f.path, name), schemaText(fmt.Sprintf("The field '%s' is not supported by Step Functions", name), f.path), "got a field %s has not, expected %s", f.of, f.others(kind, name))
		case languages == onlyJSONata && f.language == JSONPath:
			f.known(step(f.path, name), otherLanguage(f, name, JSONata), "got a field of JSONata in %s whose QueryLanguage is JSONPath, expected one of %s", f.of, strings.Join(fieldNames(kind, f.language), ", "))
		case languages == onlyJSONPath && f.language == JSONata:
			f.known(step(f.path, name), otherLanguage(f, name, JSONPath), "got a field of JSONPath in %s whose QueryLanguage is JSONata, expected one of %s", f.of, strings.Join(fieldNames(kind, f.language), ", "))
		}
	}
}

// others are the fields there are, the one that was meant first.
func (f fields) others(kind fieldKind, name string) string {
	names := fieldNames(kind, f.language)
	for i, other := range names {
		if distance(strings.ToLower(name), strings.ToLower(other)) <= 2 {
			return other + ", or one of " + strings.Join(slices.Delete(names, i, i+1), ", ")
		}
	}
	return "one of " + strings.Join(names, ", ")
}

// distance is the number of letters that have to be changed, added or left out
// to make one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// otherLanguage is the service's text for a field of the other query language.
func otherLanguage(f fields, name string, of QueryLanguage) string {
	return schemaText(fmt.Sprintf("The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", f.language, name, of), f.path)
}

func (f fields) at(name string) string { return step(f.path, name) }

func (f fields) has(name string) bool {
	_, ok := f.object.Get(name)
	return ok
}

func (f fields) missing(name, expected string) {
	f.known(f.at(name), schemaText("These fields are required: ["+name+"]", f.path), "got nothing, expected %s", expected)
}

// text is a string field, "" where there is none.
func (f fields) text(name string) string {
	v, ok := f.object.Get(name)
	if !ok {
		return ""
	}
	text, ok := v.(string)
	if !ok {
		f.problem(f.at(name), "got %s, expected a string", describe(v))
	}
	return text
}

// oneOf is a string field with a closed set of values. fallback is its value
// where there is none.
func (f fields) oneOf(name, fallback string, allowed ...string) string {
	if !f.has(name) {
		return fallback
	}
	text := f.text(name)
	if text != "" && !slices.Contains(allowed, text) && !f.substituted(f.at(name), text) {
		f.problem(f.at(name), "got %q, expected %s", text, oneOf(allowed))
		return fallback
	}
	return text
}

// integer is a whole number field in a range; ok is false where there is none.
func (f fields) integer(name string, least, most int64) (n int64, ok bool) {
	v, ok := f.object.Get(name)
	if !ok {
		return 0, false
	}
	n, ok = wholeNumber(v)
	if !ok || n < least || n > most {
		if f.substituted(f.at(name), v) {
			return 0, false
		}
		f.problem(f.at(name), "got %s, expected a whole number %s", describe(v), span(least, most))
		return 0, false
	}
	return n, true
}

// number is any number in a range; ok is false where there is none.
func (f fields) number(name string, least, most float64) (n float64, ok bool) {
	v, ok := f.object.Get(name)
	if !ok {
		return 0, false
	}
	n, ok = value.Float(v)
	if !ok || n < least || n > most {
		if f.substituted(f.at(name), v) {
			return 0, false
		}
		expected := fmt.Sprintf("a number from %v to %v", least, most)
		if math.IsInf(most, 1) {
			expected = fmt.Sprintf("a number of at least %v", least)
		}
		f.problem(f.at(name), "got %s, expected %s", describe(v), expected)
		return 0, false
	}
	return n, true
}

// template is a field that is a payload template, nil where there is none.
func (f fields) template(name, field string) *Template {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	return &Template{f.node(v, f.at(name), field)}
}

// objectTemplate is a template that has to be an object.
func (f fields) objectTemplate(name, field string) *Template {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	if _, ok := v.(*value.Object); !ok {
		if s, is := v.(string); !is || f.language != JSONata || !hasDelimiters(s) {
			if !f.substituted(f.at(name), v) {
				f.problem(f.at(name), "got %s, expected an object", describe(v))
			}
			return nil
		}
	}
	return f.template(name, field)
}

func hasDelimiters(s string) bool {
	_, ok := isExpression(s)
	return ok
}

// list is an array field with at least one element.
func (f fields) list(name, of string) []any {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok && !f.substituted(f.at(name), v) {
		f.problem(f.at(name), "got %s, expected an array of %s", describe(v), of)
	}
	return list
}

// path is a JSONPath field, nil where there is none. A null is a path that
// discards what it is applied to.
func (f fields) queryPath(name string) *Path {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	if v == nil {
		return &Path{Discard: true}
	}
	source, ok := v.(string)
	if !ok {
		f.problem(f.at(name), "got %s, expected a JSONPath such as $.order, or null", describe(v))
		return nil
	}
	if f.substituted(f.at(name), source) {
		return nil
	}
	p, err := compilePath(source)
	if err != nil {
		f.problem(f.at(name), "got %q, expected a JSONPath such as $.order: %v", source, err)
		return nil
	}
	return p
}

func (f fields) referencePath(name string) *ReferencePath {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	if v == nil {
		return &ReferencePath{Discard: true}
	}
	source, ok := v.(string)
	if !ok {
		f.problem(f.at(name), "got %s, expected a reference path such as $.result, or null", describe(v))
		return nil
	}
	if f.substituted(f.at(name), source) {
		return nil
	}
	p, err := compileReferencePath(source)
	if err != nil {
		f.problem(f.at(name), "got %q, expected a reference path such as $.result: %v", source, err)
		return nil
	}
	return p
}

// dynamicKind says which literals and expressions a dynamic field takes.
type dynamicKind struct {
	literal     func(any) bool
	expected    string
	expressions bool // in JSONata the value may be an expression
	intrinsics  bool // the Path variant may be an intrinsic function
}

func wholeIn(least, most int64) dynamicKind {
	return dynamicKind{
		literal: func(v any) bool {
			n, ok := wholeNumber(v)
			return ok && n >= least && n <= most
		},
		expected:    "a whole number " + span(least, most),
		expressions: true,
	}
}

func numberIn(least, most float64) dynamicKind {
	return dynamicKind{
		literal: func(v any) bool {
			n, ok := value.Float(v)
			return ok && n >= least && n <= most
		},
		expected:    fmt.Sprintf("a number from %v to %v", least, most),
		expressions: true,
	}
}

var anyText = dynamicKind{
	literal:     func(v any) bool { _, ok := v.(string); return ok },
	expected:    "a string",
	expressions: true,
	intrinsics:  true,
}

// dynamic is a field that is literal or computed, with its Path variant in
// JSONPath. It is nil where there is neither. field is its name in errors.
func (f fields) dynamic(name, field string, kind dynamicKind) *Dynamic {
	literal, hasLiteral := f.object.Get(name)
	_, hasPath := f.object.Get(name + "Path")
	if hasPath && f.language == JSONPath {
		if hasLiteral {
			f.known(f.at(name+"Path"), schemaText(fmt.Sprintf("There should only be one of the following fields: [%s, %sPath]", name, name), f.path),
				"got both %s and %sPath, expected one of them", name, name)
		}
		source, ok := f.mustText(name + "Path")
		if !ok {
			return nil
		}
		d := &Dynamic{Field: field + "Path"}
		if kind.intrinsics {
			d.query = f.query(source, f.at(name+"Path"), field+"Path")
		} else {
			d.query = f.pathQuery(source, f.at(name+"Path"), field+"Path")
		}
		if d.query == nil {
			return nil
		}
		return d
	}
	if !hasLiteral {
		return nil
	}
	if source, ok := literal.(string); ok {
		if source, ok := isExpression(source); ok && f.language == JSONata && kind.expressions {
			if e := f.expression(source, f.at(name), field); e != nil {
				return &Dynamic{Field: field, expression: e}
			}
			return nil
		}
	}
	if !kind.literal(literal) {
		if f.substituted(f.at(name), literal) {
			return &Dynamic{Field: field, Literal: literal}
		}
		expected := kind.expected
		if f.language == JSONata && kind.expressions {
			expected += " or a JSONata expression {% … %}"
		}
		f.problem(f.at(name), "got %s, expected %s", describe(literal), expected)
		return nil
	}
	return &Dynamic{Field: field, Literal: literal}
}

func (f fields) mustText(name string) (string, bool) {
	v, _ := f.object.Get(name)
	text, ok := v.(string)
	if !ok {
		f.problem(f.at(name), "got %s, expected a string", describe(v))
	}
	return text, ok
}

func wholeNumber(v any) (int64, bool) {
	n, ok := value.Float(v)
	if !ok || n != math.Trunc(n) || math.Abs(n) >= 1<<63 {
		return 0, false
	}
	return int64(n), true
}

func span(least, most int64) string {
	if most == math.MaxInt64 {
		return "of at least " + strconv.FormatInt(least, 10)
	}
	return fmt.Sprintf("from %d to %d", least, most)
}

// describe is what stands there, cut where it is long.
func describe(v any) string {
	switch v := v.(type) {
	case *value.Object:
		return "an object"
	case []any:
		return "an array"
	case string:
		if len(v) > 60 {
			v = v[:60] + "…"
		}
		return strconv.Quote(v)
	}
	return value.Text(v)
}

func oneOf(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

func joinErrors(names []string) string { return strings.Join(names, ", ") }
