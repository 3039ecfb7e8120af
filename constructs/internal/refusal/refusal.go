// Package refusal refuses props that can't work. It reports all problems at once,
// each with the prop, what it got and what it expected.
package refusal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Problems collects what is wrong with the props of a construct.
type Problems struct{ list []error }

// Add adds a problem, which begins with the name of the prop.
func (p *Problems) Add(format string, args ...any) {
	p.list = append(p.list, fmt.Errorf(format, args...))
}

// AddAll adds the problems that err joins, if there are any, with a prefix, such as
// "Results.".
func (p *Problems) AddAll(prefix string, err error) {
	var joined interface {
		error
		Unwrap() []error
	}
	list := []error{err}
	if errors.As(err, &joined) {
		list = joined.Unwrap()
	}
	for _, one := range list {
		if one != nil {
			p.Add("%s%w", prefix, one)
		}
	}
}

// Err returns all problems as one error, nil if there are none.
func (p Problems) Err() error { return errors.Join(p.list...) }

// Any reports whether there are problems.
func (p Problems) Any() bool { return len(p.list) > 0 }

// Refuse panics if there are problems, with the construct's path and all of them.
func (p Problems) Refuse(scope constructs.Construct, id *string) {
	if err := p.Err(); err != nil {
		panic(fmt.Errorf("%s/%s: %w", *scope.Node().Path(), *id, err))
	}
}

// Whole refuses a number that is not whole or is out of bounds. A number that is
// not known at synth passes.
func (p *Problems) Whole(prop string, value *float64, low, high float64) {
	if number, known := known(value); known && !(number >= low && number <= high && number == math.Trunc(number)) {
		p.Add("%s: got %.10g, expected a whole number from %.0f to %.0f", prop, number, low, high)
	}
}

// Number refuses a number that is out of bounds. A number that is not known at
// synth passes.
func (p *Problems) Number(prop string, value *float64, low, high float64) {
	if number, known := known(value); known && !(number >= low && number <= high) {
		p.Add("%s: got %.10g, expected a number from %.0f to %.0f", prop, number, low, high)
	}
}

// Known refuses a number that is not known at synth. It is for numbers that are
// part of an expression, or decide what the template has.
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

// Duration refuses a duration that is not in whole seconds or is out of bounds,
// which are in seconds. A duration that is not known at synth passes. Duration
// reports whether d is set, known and good.
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

// KnownDuration does what Duration does, and also refuses a duration that is not
// known at synth. It reports whether d is good or not set.
func (p *Problems) KnownDuration(prop string, d awscdk.Duration, low, high float64) bool {
	if d != nil && *d.IsUnresolved() {
		p.Add("%s: got a token, expected a duration that is known at synth", prop)
		return false
	}
	return d == nil || p.Duration(prop, d, low, high)
}

// span describes a time, in days if it is two or more whole days.
func span(s float64) string {
	const day = 24 * 3600
	if days := s / day; days > 1 && days == math.Trunc(days) {
		return fmt.Sprintf("%.0f days", days)
	}
	return fmt.Sprintf("%.0f s", s)
}

// Text refuses a text with too many characters. One that is not known at synth passes.
func (p *Problems) Text(prop string, value *string, most int) {
	if value == nil || *awscdk.Token_IsUnresolved(*value) {
		return
	}
	if n := utf8.RuneCountInString(*value); n > most {
		p.Add("%s: got %d characters, expected at most %d", prop, n, most)
	}
}

// JSON returns a value as encoding/json decodes it, which is what jsii takes. It
// returns an empty object for nil, and refuses a value that can't be encoded as
// JSON.
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
		p.Add("%s: got a value that is not JSON: %w", prop, err)
	}
	return plain
}

// Without refuses to leave out an alarm that does not exist.
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

// Seconds returns the length of a duration that is known at synth.
func Seconds(d awscdk.Duration) float64 {
	return *d.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
}

// maxJobName leaves room for the ending in a subject of SNS, which has at most
// 100 characters (SNS API reference, "Publish").
const maxJobName = 100 - 20

// JobName refuses a name that can't be the dimension of a job's metrics (CloudWatch
// API reference, "Dimension") or begin an SNS subject: it must be ASCII without
// control characters, not blank, at most 80 characters. A name that is not known at
// synth passes.
func (p *Problems) JobName(prop, name string) {
	isControlOrForeign := func(r rune) bool { return r < ' ' || r > '~' }
	if *awscdk.Token_IsUnresolved(name) ||
		strings.TrimSpace(name) != "" && len(name) <= maxJobName && !strings.ContainsFunc(name, isControlOrForeign) {
		return
	}
	p.Add("%s: got %q, expected 1 to %d characters of ASCII: the name is a dimension of metrics and begins the subject of notifications",
		prop, name, maxJobName)
}

// RemovalPolicy refuses a policy that the resources of the constructs do not have:
// none of them has snapshots.
func (p *Problems) RemovalPolicy(prop string, policy awscdk.RemovalPolicy) {
	known := []awscdk.RemovalPolicy{awscdk.RemovalPolicy_DESTROY, awscdk.RemovalPolicy_RETAIN, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE}
	if policy != "" && !slices.Contains(known, policy) {
		p.Add("%s: got %q, expected one of %s", prop, policy, quoted(known))
	}
}

// RemovalPolicyOf does what RemovalPolicy does, for a resource that a construct
// creates unless it is given in another prop, and refuses both.
func (p *Problems) RemovalPolicyOf(prop string, given bool, policy awscdk.RemovalPolicy) {
	p.RemovalPolicy("RemovalPolicy", policy)
	if given && policy != "" {
		p.Add("RemovalPolicy: got %q with a %s, which has its own; expected one of them", policy, prop)
	}
}

// StandardTopic refuses a FIFO topic.
func (p *Problems) StandardTopic(prop string, topic awssns.ITopic) {
	if fifo := topic.Fifo(); fifo != nil && *fifo {
		p.Add("%s: got a FIFO topic, expected a standard topic", prop)
	}
}
