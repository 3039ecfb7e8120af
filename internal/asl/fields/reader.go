package fields

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// Document collects the problems of a definition while its objects are read.
type Document struct {
	Problems Problems
	// Unresolved holds the fields whose substitutions have not been made.
	Unresolved Problems
}

// Problem reports a problem.
func (d *Document) Problem(path, format string, args ...any) {
	d.Problems = append(d.Problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// Known reports a problem for which AWS's text is known.
func (d *Document) Known(path, service, format string, args ...any) {
	d.Problem(path, format, args...)
	d.Problems[len(d.Problems)-1].service = service
}

// Object reads an object of the definition field by field.
type Object struct {
	Document *Document
	// Path is the place of the object in the definition.
	Path string
	// Of describes the object, such as "a Pass state".
	Of       string
	Value    *value.Object
	Language Language
	// Offer is the member of $states that expressions in the object may read in
	// addition to input and context.
	Offer Offer
}

// Open opens an object and reports the fields that its kind does not have in the
// query language. ok is false if v is not an object.
func (d *Document) Open(v any, path, of string, kind Kind, language Language) (o Object, ok bool) {
	object, ok := v.(*value.Object)
	if !ok {
		d.Problem(path, "got %s, expected an object", value.Describe(v))
		return Object{}, false
	}
	f := Object{Document: d, Path: path, Of: of, Value: object, Language: language}
	f.RefuseOthers(kind)
	return f, true
}

// RefuseOthers reports the fields that an object of this kind does not have.
func (f Object) RefuseOthers(kind Kind) {
	for name := range f.Value.All() {
		languages, ok := fieldTable[kind][name]
		switch {
		case !ok:
			f.Document.Known(Step(f.Path, name), SchemaText(fmt.Sprintf("The field '%s' is not supported by Step Functions", name), f.Path), "got a field that %s does not have, expected %s", f.Of, f.others(kind, name))
		case languages == onlyJSONata && f.Language == JSONPath:
			f.Document.Known(Step(f.Path, name), otherLanguage(f, name, JSONata), "got a JSONata field in %s whose QueryLanguage is JSONPath, expected one of %s", f.Of, strings.Join(names(kind, f.Language), ", "))
		case languages == onlyJSONPath && f.Language == JSONata:
			f.Document.Known(Step(f.Path, name), otherLanguage(f, name, JSONPath), "got a JSONPath field in %s whose QueryLanguage is JSONata, expected one of %s", f.Of, strings.Join(names(kind, f.Language), ", "))
		}
	}
}

// otherLanguage returns AWS's text for a field of the other query language.
func otherLanguage(f Object, name string, of Language) string {
	return SchemaText(fmt.Sprintf("The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", f.Language, name, of), f.Path)
}

// At returns the path of a field.
func (f Object) At(name string) string { return Step(f.Path, name) }

// Get returns the value of a field, and whether it is there.
func (f Object) Get(name string) (any, bool) { return f.Value.Get(name) }

// Has reports whether a field is there.
func (f Object) Has(name string) bool {
	_, ok := f.Value.Get(name)
	return ok
}

// Missing reports a required field that is not there.
func (f Object) Missing(name, expected string) {
	f.Document.Known(f.At(name), SchemaText("These fields are required: ["+name+"]", f.Path), "got nothing, expected %s", expected)
}

// Text reads a string. It returns "" if the field is missing.
func (f Object) Text(name string) string {
	v, ok := f.Value.Get(name)
	if !ok {
		return ""
	}
	text, ok := v.(string)
	if !ok {
		f.Document.Problem(f.At(name), "got %s, expected a string", value.Describe(v))
	}
	return text
}

// MustText reads a string that must be there.
func (f Object) MustText(name string) (string, bool) {
	v, _ := f.Value.Get(name)
	text, ok := v.(string)
	if !ok {
		f.Document.Problem(f.At(name), "got %s, expected a string", value.Describe(v))
	}
	return text, ok
}

// OneOf reads a string that must be one of the allowed values. It returns fallback
// if the field is missing.
func (f Object) OneOf(name, fallback string, allowed ...string) string {
	if !f.Has(name) {
		return fallback
	}
	text := f.Text(name)
	if text != "" && !slices.Contains(allowed, text) && !f.Document.Substituted(f.At(name), text) {
		f.Document.Problem(f.At(name), "got %q, expected %s", text, Alternatives(allowed))
		return fallback
	}
	return text
}

// Integer reads a whole number in a range. ok is false if there is none.
func (f Object) Integer(name string, least, most int64) (n int64, ok bool) {
	v, ok := f.Value.Get(name)
	if !ok {
		return 0, false
	}
	n, ok = expression.WholeNumber(v)
	if !ok || n < least || n > most {
		if f.Document.Substituted(f.At(name), v) {
			return 0, false
		}
		f.Document.Problem(f.At(name), "got %s, expected a whole number %s", value.Describe(v), span(least, most))
		return 0, false
	}
	return n, true
}

// Number reads a number in a range. ok is false if there is none.
func (f Object) Number(name string, least, most float64) (n float64, ok bool) {
	v, ok := f.Value.Get(name)
	if !ok {
		return 0, false
	}
	n, ok = value.Float(v)
	if !ok || n < least || n > most {
		if f.Document.Substituted(f.At(name), v) {
			return 0, false
		}
		expected := fmt.Sprintf("a number from %v to %v", least, most)
		if math.IsInf(most, 1) {
			expected = fmt.Sprintf("a number of at least %v", least)
		}
		f.Document.Problem(f.At(name), "got %s, expected %s", value.Describe(v), expected)
		return 0, false
	}
	return n, true
}

// Some reads an array that must be there and have an element. It takes the words for
// one element and for several.
func (f Object) Some(name, one, several string) []any {
	if !f.Has(name) {
		f.Missing(name, "an array with at least one "+one)
		return nil
	}
	list := f.List(name, several)
	if list != nil && len(list) == 0 {
		f.Document.Problem(f.At(name), "got no %s, expected at least one", one)
	}
	return list
}

// List reads an array of the named elements. It returns nil if the field is
// missing.
func (f Object) List(name, of string) []any {
	v, ok := f.Value.Get(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok && !f.Document.Substituted(f.At(name), v) {
		f.Document.Problem(f.At(name), "got %s, expected an array of %s", value.Describe(v), of)
	}
	return list
}

func span(least, most int64) string {
	if most == math.MaxInt64 {
		return "of at least " + strconv.FormatInt(least, 10)
	}
	return fmt.Sprintf("from %d to %d", least, most)
}

// Alternatives returns a list of quoted names as an error message shows it.
func Alternatives(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
