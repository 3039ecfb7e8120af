package expression

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// Dynamic is a field whose value is either in the definition or computed when
// the state runs: by an expression in JSONata, by the field's Path variant in
// JSONPath.
type Dynamic struct {
	// Field is the field's name in the definition, such as Seconds or
	// SecondsPath.
	Field string
	// Literal is the value in the definition if Computed is false.
	Literal any
	// JSONata computes the value, or is nil.
	JSONata *JSONata
	// Query computes the value, or is nil.
	Query Query
}

// Query computes a field in JSONPath: it is a [*Path] or, if the field allows
// intrinsic functions, a [*Call].
type Query interface {
	Node
	String() string
}

// Computed reports whether the value is known only when the state runs.
func (d *Dynamic) Computed() bool { return d.JSONata != nil || d.Query != nil }

// Source returns the expression that computes the value, "" if it is in the
// definition.
func (d *Dynamic) Source() string {
	switch {
	case d.JSONata != nil:
		return d.JSONata.source
	case d.Query != nil:
		return d.Query.String()
	}
	return ""
}

// Path returns the path of the field's Path variant, or nil.
func (d *Dynamic) Path() *Path {
	p, _ := d.Query.(*Path)
	return p
}

// Evaluate returns the value, of any type.
func (d *Dynamic) Evaluate(s *Scope) (any, error) {
	switch {
	case d.JSONata != nil:
		return d.JSONata.Evaluate(s)
	case d.Query != nil:
		return d.Query.Evaluate(s)
	}
	return d.Literal, nil
}

// Text returns the value of a field that takes a string.
func (d *Dynamic) Text(s *Scope) (string, error) {
	v, err := d.Evaluate(s)
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		if d.Query != nil {
			return "", d.runtime("The %s parameter does not reference a string value: %s == %s", d.Field, d.Query, value.Text(v))
		}
		return "", d.unexpected("string", v)
	}
	return text, nil
}

// number returns the value of a field that takes a number. AWS has an error message
// of its own for a path in such a field that refers to no value.
func (d *Dynamic) number(s *Scope) (any, error) {
	if p := d.Path(); p != nil {
		v, err := p.Get(s)
		if err != nil {
			return nil, InvalidPath(p, err)
		}
		return v, nil
	}
	return d.Evaluate(s)
}

// Integer returns the value of a field that takes a whole number.
func (d *Dynamic) Integer(s *Scope) (int64, error) {
	v, err := d.number(s)
	if err != nil {
		return 0, err
	}
	if n, ok := WholeNumber(v); ok {
		return n, nil
	}
	if d.Query != nil {
		if text, ok := v.(string); ok { // a number in quotes is taken, too (recorded)
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				return n, nil
			}
		}
		return 0, d.notA("integer", v)
	}
	return 0, d.unexpected("integer", v)
}

// Float returns the value of a field that takes any number.
func (d *Dynamic) Float(s *Scope) (float64, error) {
	v, err := d.number(s)
	if err != nil {
		return 0, err
	}
	if n, ok := value.Float(v); ok {
		return n, nil
	}
	if d.Query != nil {
		if text, ok := v.(string); ok {
			if n, err := strconv.ParseFloat(text, 64); err == nil {
				return n, nil
			}
		}
		return 0, d.notA("float", v)
	}
	return 0, d.unexpected("number", v)
}

func (d *Dynamic) unexpected(expected string, v any) error {
	if d.JSONata != nil {
		return d.JSONata.unexpected(expected, v)
	}
	return d.runtime("The value %s specified for the field '%s' is not a valid %s.", value.Text(v), d.Field, expected)
}

func (d *Dynamic) notA(kind string, v any) error {
	text, ok := v.(string)
	if !ok {
		text = value.Text(v)
	}
	return d.runtime(`The %s field refers to value "%s" which is not a valid %s: %s`, d.name(), text, kind, d.Query)
}

// name returns the field without the object that holds it.
func (d *Dynamic) name() string { return d.Field[strings.LastIndexByte(d.Field, '/')+1:] }

func (d *Dynamic) runtime(format string, args ...any) error {
	return &Error{errRuntime, d.Field, fmt.Sprintf(format, args...)}
}

// WaitSeconds returns the value of a Wait state's Seconds or SecondsPath.
func (d *Dynamic) WaitSeconds(s *Scope) (time.Duration, error) {
	v, err := d.waitValue(s)
	if err != nil {
		return 0, err
	}
	if d.Query == nil {
		n, ok := WholeNumber(v)
		switch {
		case !ok:
			return 0, d.unexpected("integer", v)
		case n < 0:
			return 0, d.JSONata.error(fmt.Sprintf("returned a negative value: %d", n))
		}
		return seconds(n), nil
	}
	n, ok := value.Float(v)
	if text, is := v.(string); is {
		parsed, err := strconv.ParseInt(text, 10, 64)
		n, ok = float64(parsed), err == nil
	}
	switch {
	case !ok || n != math.Trunc(n):
		return 0, d.runtime("The %s parameter cannot be parsed as a long value: %s == %s", d.Field, d.Query, plainText(v))
	case n < 0:
		return 0, d.runtime("The %s parameter references a negative value: %s == %s", d.Field, d.Query, plainText(v))
	}
	return seconds(int64(n)), nil
}

// waitValue returns the value of a Wait state's field. AWS has an error message
// of its own for a path in such a field that refers to no value.
func (d *Dynamic) waitValue(s *Scope) (any, error) {
	if p := d.Path(); p != nil {
		v, err := p.Get(s)
		if err != nil {
			return nil, d.runtime("The %s parameter does not reference an input value: %s", d.Field, p)
		}
		return v, nil
	}
	return d.Evaluate(s)
}

// WaitTimestamp returns the value of a Wait state's Timestamp or TimestampPath.
func (d *Dynamic) WaitTimestamp(s *Scope) (time.Time, error) {
	v, err := d.waitValue(s)
	if err != nil {
		return time.Time{}, err
	}
	text, ok := v.(string)
	if ok {
		if t, ok := ParseTimestamp(text); ok {
			return t, nil
		}
	}
	if d.Query != nil {
		return time.Time{}, d.runtime("The %s parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", d.Field, d.Query, plainText(v))
	}
	if d.JSONata != nil {
		if !ok {
			return time.Time{}, d.JSONata.unexpected("string", v)
		}
		return time.Time{}, d.runtime("The %s field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", d.Field, text)
	}
	return time.Time{}, d.runtime("The %s parameter is not a valid ISO-8601 extended offset date-time format string: %s", d.Field, plainText(v))
}

// seconds returns n seconds, or the longest duration if n does not fit into one.
func seconds(n int64) time.Duration {
	if n > math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Second
}

func plainText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return value.Text(v)
}

// WholeNumber returns the value of a number without a fraction. ok is false for
// any other value.
func WholeNumber(v any) (n int64, ok bool) {
	f, ok := value.Float(v)
	if !ok || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}
