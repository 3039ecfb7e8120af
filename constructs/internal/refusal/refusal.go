// Package refusal refuses props that can't work: all that is wrong with them at
// once, each problem with the prop, what was got and what is expected.
package refusal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Problems are what is wrong with the props of a construct.
type Problems struct{ list []error }

// Add adds a problem, which begins with the name of the prop.
func (p *Problems) Add(format string, args ...any) {
	p.list = append(p.list, fmt.Errorf(format, args...))
}

// Refuse panics where there are any, with the construct's path and all of them.
func (p Problems) Refuse(scope constructs.Construct, id *string) {
	if err := errors.Join(p.list...); err != nil {
		panic(fmt.Errorf("%s/%s: %w", *scope.Node().Path(), *id, err))
	}
}

// Whole refuses a number that is not whole, or outside its bounds. One that is
// not known at synth passes.
func (p *Problems) Whole(prop string, value *float64, low, high float64) {
	if number, known := known(value); known && !(number >= low && number <= high && number == math.Trunc(number)) {
		p.Add("%s: got %.10g, expected a whole number from %.0f to %.0f", prop, number, low, high)
	}
}

// Number refuses a number outside its bounds. One that is not known at synth
// passes.
func (p *Problems) Number(prop string, value *float64, low, high float64) {
	if number, known := known(value); known && !(number >= low && number <= high) {
		p.Add("%s: got %.10g, expected a number from %.0f to %.0f", prop, number, low, high)
	}
}

// Known refuses a number that is not known at synth, because it decides what
// there is in the template, or stands in an expression.
func (p *Problems) Known(prop string, value *float64) {
	if value != nil {
		if _, known := known(value); !known {
			p.Add("%s: got a token, expected a number that is known at synth", prop)
		}
	}
}

func known(value *float64) (float64, bool) {
	if value == nil {
		return 0, false
	}
	if number := *value; math.IsNaN(number) || math.IsInf(number, 0) { // which jsii can't take
		return number, true
	}
	return *value, !*awscdk.Token_IsUnresolved(*value)
}

// Duration refuses a duration that is not of whole seconds, or outside its
// bounds, which are in seconds. One that is not known at synth passes. It
// reports whether there is a duration that is known and good.
func (p *Problems) Duration(prop string, d awscdk.Duration, low, high float64) bool {
	if d == nil || *d.IsUnresolved() {
		return false
	}
	s := Seconds(d)
	if s < low || s > high || s != math.Trunc(s) {
		p.Add("%s: got %.10g s, expected whole seconds from %s to %s", prop, s, span(low), span(high))
		return false
	}
	return true
}

// KnownDuration is as Duration, and refuses one that is not known at synth,
// because other settings follow from it. It reports whether the duration, if
// there is one, is good.
func (p *Problems) KnownDuration(prop string, d awscdk.Duration, low, high float64) bool {
	if d != nil && *d.IsUnresolved() {
		p.Add("%s: got a token, expected a duration that is known at synth", prop)
		return false
	}
	return d == nil || p.Duration(prop, d, low, high)
}

// span is a time in words: in days where these are whole and more than one.
func span(s float64) string {
	const day = 24 * 3600
	if days := s / day; days > 1 && days == math.Trunc(days) {
		return fmt.Sprintf("%.0f days", days)
	}
	return fmt.Sprintf("%.0f s", s)
}

// JSON gives a value as JSON has it, which is what jsii takes, and an empty
// object for none. A value that JSON can't say is refused.
func (p *Problems) JSON(prop string, value any) any {
	var plain any = map[string]any{}
	if value == nil {
		return plain
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err != nil {
		p.Add("%s: got what JSON can't say, expected what it can: %w", prop, err)
	}
	return plain
}

// Without refuses to leave out what there is none of.
func Without[T ~string](p *Problems, got, all []T) {
	for _, one := range got {
		if !slices.Contains(all, one) {
			p.Add("Without: got %q, expected one of %s", one, quoted(all))
		}
	}
}

func quoted[T ~string](names []T) string {
	var list []string
	for _, name := range names {
		list = append(list, fmt.Sprintf("%q", name))
	}
	return strings.Join(list, ", ")
}

// Seconds is how long a duration is that is known at synth.
func Seconds(d awscdk.Duration) float64 {
	return *d.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
}
