package asl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// reader collects the problems of a definition while it is read.
type reader struct {
	problems Problems
	// unresolved holds the fields whose substitutions have not been made.
	unresolved Problems
	names      map[string]string // state name to the path of its first use
	anySize    bool
	language   QueryLanguage // of the state machine, the default of its states
}

func (r *reader) problem(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// known reports a problem for which AWS's text is known.
func (r *reader) known(path, service, format string, args ...any) {
	r.problem(path, format, args...)
	r.problems[len(r.problems)-1].service = service
}

// fields reads an object of the definition field by field.
type fields struct {
	reader   *reader
	path     string
	of       string // what the object is, such as "a Pass state"
	object   *value.Object
	language QueryLanguage
	// offer is the member of $states that expressions in the object may read in
	// addition to input and context.
	offer offer
}

// fields opens an object and reports the fields that its kind does not have in the
// query language. ok is false if v is not an object.
func (r *reader) fields(v any, path, of string, kind fieldKind, language QueryLanguage) (fields, bool) {
	object, ok := v.(*value.Object)
	if !ok {
		r.problem(path, "got %s, expected an object", value.Describe(v))
		return fields{}, false
	}
	f := fields{reader: r, path: path, of: of, object: object, language: language}
	f.refuseOthers(kind)
	return f, true
}

// refuseOthers reports the fields that an object of this kind does not have.
func (f fields) refuseOthers(kind fieldKind) {
	for name := range f.object.All() {
		languages, ok := fieldTable[kind][name]
		switch {
		case !ok:
			f.reader.known(step(f.path, name), schemaText(fmt.Sprintf("The field '%s' is not supported by Step Functions", name), f.path), "got a field that %s does not have, expected %s", f.of, f.others(kind, name))
		case languages == onlyJSONata && f.language == JSONPath:
			f.reader.known(step(f.path, name), otherLanguage(f, name, JSONata), "got a JSONata field in %s whose QueryLanguage is JSONPath, expected one of %s", f.of, strings.Join(fieldNames(kind, f.language), ", "))
		case languages == onlyJSONPath && f.language == JSONata:
			f.reader.known(step(f.path, name), otherLanguage(f, name, JSONPath), "got a JSONPath field in %s whose QueryLanguage is JSONata, expected one of %s", f.of, strings.Join(fieldNames(kind, f.language), ", "))
		}
	}
}

// otherLanguage returns AWS's text for a field of the other query language.
func otherLanguage(f fields, name string, of QueryLanguage) string {
	return schemaText(fmt.Sprintf("The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", f.language, name, of), f.path)
}

// at returns the path of a field.
func (f fields) at(name string) string { return step(f.path, name) }

func (f fields) has(name string) bool {
	_, ok := f.object.Get(name)
	return ok
}

// missing reports a required field that is not there.
func (f fields) missing(name, expected string) {
	f.reader.known(f.at(name), schemaText("These fields are required: ["+name+"]", f.path), "got nothing, expected %s", expected)
}

// text reads a string. It returns "" if the field is missing.
func (f fields) text(name string) string {
	v, ok := f.object.Get(name)
	if !ok {
		return ""
	}
	text, ok := v.(string)
	if !ok {
		f.reader.problem(f.at(name), "got %s, expected a string", value.Describe(v))
	}
	return text
}

// mustText reads a string that must be there.
func (f fields) mustText(name string) (string, bool) {
	v, _ := f.object.Get(name)
	text, ok := v.(string)
	if !ok {
		f.reader.problem(f.at(name), "got %s, expected a string", value.Describe(v))
	}
	return text, ok
}

// oneOf reads a string that must be one of the allowed values. It returns fallback
// if the field is missing.
func (f fields) oneOf(name, fallback string, allowed ...string) string {
	if !f.has(name) {
		return fallback
	}
	text := f.text(name)
	if text != "" && !slices.Contains(allowed, text) && !f.reader.substituted(f.at(name), text) {
		f.reader.problem(f.at(name), "got %q, expected %s", text, oneOf(allowed))
		return fallback
	}
	return text
}

// integer reads a whole number in a range. ok is false if there is none.
func (f fields) integer(name string, least, most int64) (n int64, ok bool) {
	v, ok := f.object.Get(name)
	if !ok {
		return 0, false
	}
	n, ok = expression.WholeNumber(v)
	if !ok || n < least || n > most {
		if f.reader.substituted(f.at(name), v) {
			return 0, false
		}
		f.reader.problem(f.at(name), "got %s, expected a whole number %s", value.Describe(v), span(least, most))
		return 0, false
	}
	return n, true
}

// number reads a number in a range. ok is false if there is none.
func (f fields) number(name string, least, most float64) (n float64, ok bool) {
	v, ok := f.object.Get(name)
	if !ok {
		return 0, false
	}
	n, ok = value.Float(v)
	if !ok || n < least || n > most {
		if f.reader.substituted(f.at(name), v) {
			return 0, false
		}
		expected := fmt.Sprintf("a number from %v to %v", least, most)
		if math.IsInf(most, 1) {
			expected = fmt.Sprintf("a number of at least %v", least)
		}
		f.reader.problem(f.at(name), "got %s, expected %s", value.Describe(v), expected)
		return 0, false
	}
	return n, true
}

// list reads an array of the named elements. It returns nil if the field is
// missing.
func (f fields) list(name, of string) []any {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok && !f.reader.substituted(f.at(name), v) {
		f.reader.problem(f.at(name), "got %s, expected an array of %s", value.Describe(v), of)
	}
	return list
}

func span(least, most int64) string {
	if most == math.MaxInt64 {
		return "of at least " + strconv.FormatInt(least, 10)
	}
	return fmt.Sprintf("from %d to %d", least, most)
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
