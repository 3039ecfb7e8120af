package asl

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// Dynamic is a field whose value stands in the definition or is computed when
// the state runs: by an expression in JSONata, by the field's Path variant in
// JSONPath.
type Dynamic struct {
	// Field is the field's name as the definition has it, such as Seconds or
	// SecondsPath.
	Field string
	// Literal is the value in the definition where Computed is false.
	Literal    any
	expression *Expression
	query      queryNode
}

// queryNode is what may stand in a JSONPath field that is computed: a path, or
// an intrinsic function where those are allowed.
type queryNode interface {
	node
	String() string
}

// Computed reports whether the value is only known when the state runs.
func (d *Dynamic) Computed() bool { return d.expression != nil || d.query != nil }

// Path is the path of a field's Path variant, nil where there is none.
func (d *Dynamic) Path() *Path {
	p, _ := d.query.(*Path)
	return p
}

// Evaluate is the value, of any type.
func (d *Dynamic) Evaluate(s *Scope) (any, error) {
	switch {
	case d.expression != nil:
		return d.expression.Evaluate(s)
	case d.query != nil:
		return d.query.evaluate(s)
	}
	return d.Literal, nil
}

// Text is the value of a field that takes a string.
func (d *Dynamic) Text(s *Scope) (string, error) {
	v, err := d.Evaluate(s)
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		if d.query != nil {
			return "", d.runtime("The %s parameter does not reference a string value: %s == %s", d.Field, d.query, value.Text(v))
		}
		return "", d.unexpected("string", v)
	}
	return text, nil
}

// Integer is the value of a field that takes a whole number.
func (d *Dynamic) Integer(s *Scope) (int64, error) {
	v, err := d.Evaluate(s)
	if err != nil {
		return 0, err
	}
	if n, ok := wholeNumber(v); ok {
		return n, nil
	}
	if d.query != nil {
		if text, ok := v.(string); ok { // a number in quotes counts as one (recorded)
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				return n, nil
			}
		}
		return 0, d.notA("integer", v)
	}
	return 0, d.unexpected("integer", v)
}

// Float is the value of a field that takes any number.
func (d *Dynamic) Float(s *Scope) (float64, error) {
	v, err := d.Evaluate(s)
	if err != nil {
		return 0, err
	}
	if n, ok := value.Float(v); ok {
		return n, nil
	}
	if d.query != nil {
		if text, ok := v.(string); ok {
			if n, err := strconv.ParseFloat(text, 64); err == nil {
				return n, nil
			}
		}
		return 0, d.notA("float", v)
	}
	return 0, d.unexpected("number", v)
}

// Array is the value of a field that takes an array.
func (d *Dynamic) Array(s *Scope) ([]any, error) {
	v, err := d.Evaluate(s)
	if err != nil {
		return nil, err
	}
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return nil, d.unexpected("array", v)
}

// Boolean is the value of a field that takes true or false.
func (d *Dynamic) Boolean(s *Scope) (bool, error) {
	v, err := d.Evaluate(s)
	if err != nil {
		return false, err
	}
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return false, d.unexpected("boolean", v)
}

func (d *Dynamic) unexpected(expected string, v any) error {
	if d.expression != nil {
		return d.expression.unexpected(expected, v)
	}
	return d.runtime("The value %s specified for the field '%s' is not a valid %s.", value.Text(v), d.Field, expected)
}

func (d *Dynamic) notA(kind string, v any) error {
	text, ok := v.(string)
	if !ok {
		text = value.Text(v)
	}
	return d.runtime(`The %s field refers to value "%s" which is not a valid %s: %s`, d.name(), text, kind, d.query)
}

// name is the field without the object that it stands in.
func (d *Dynamic) name() string { return d.Field[strings.LastIndexByte(d.Field, '/')+1:] }

func (d *Dynamic) runtime(format string, args ...any) error {
	return &EvaluationError{errRuntime, d.Field, fmt.Sprintf(format, args...)}
}

// WaitSeconds is the value of a Wait state's Seconds or SecondsPath.
func (d *Dynamic) WaitSeconds(s *Scope) (time.Duration, error) {
	v, err := d.waitValue(s)
	if err != nil {
		return 0, err
	}
	if d.query == nil {
		n, ok := wholeNumber(v)
		switch {
		case !ok:
			return 0, d.unexpected("integer", v)
		case n < 0:
			return 0, d.expression.error(fmt.Sprintf("returned a negative value: %d", n))
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
		return 0, d.runtime("The %s parameter cannot be parsed as a long value: %s == %s", d.Field, d.query, plainText(v))
	case n < 0:
		return 0, d.runtime("The %s parameter references a negative value: %s == %s", d.Field, d.query, plainText(v))
	}
	return seconds(int64(n)), nil
}

// waitValue is the value of a Wait state's field, whose path has its own words
// for what it does not find.
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

// WaitTimestamp is the value of a Wait state's Timestamp or TimestampPath.
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
	if d.query != nil {
		return time.Time{}, d.runtime("The %s parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", d.Field, d.query, plainText(v))
	}
	if d.expression != nil {
		if !ok {
			return time.Time{}, d.expression.unexpected("string", v)
		}
		return time.Time{}, d.expression.error("returned a value that is not a valid ISO-8601 extended offset date-time format string: " + text)
	}
	return time.Time{}, d.runtime("The %s parameter is not a valid ISO-8601 extended offset date-time format string: %s", d.Field, plainText(v))
}

// ParseTimestamp reads the RFC 3339 profile of ISO 8601 that the language
// takes: an upper case T and either Z or an offset.
func ParseTimestamp(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err == nil && len(text) > 10 && text[10] == 'T' {
		return t, true
	}
	// The seconds may be missing in the format that AWS's parser takes.
	for _, layout := range []string{"2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// seconds is a duration that does not overflow: a wait of a thousand years is
// one of the longest time there is.
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
