package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The kinds of faults.
const (
	Error     = "error"     // of a task or a call, before it is made
	Throttle  = "throttle"  // the service refuses a task or a call
	Timeout   = "timeout"   // a task or function does not end in time
	Crash     = "crash"     // of a function: before or after the work, or after a write
	Duplicate = "duplicate" // a function is invoked twice
	Slow      = "slow"      // the answer of a task or a call is late
	Lost      = "lost"      // the answer of a task or a call does not arrive
	Large     = "large"     // a function answers more than it may
	Answer    = "answer"    // a function answers something else
	Stop      = "stop"      // of an execution
	Expire    = "expire"    // the time of an execution is up
	Redriven  = "redriven"  // the results of a Map Run are those after redrives
)

// Values of [Fault.When]. A crash may also be at "write N", a stop at "event N".
const (
	before   = "before"
	After    = "after"
	Together = "together"
	later    = "later"
)

// kind says what a kind of fault may have.
type kind struct {
	name string
	// fields are those that it may have, besides machine and times.
	fields []string
	// moments are those at which it strikes.
	moments []Moment
	// function is true if it strikes functions only.
	function bool
	when     []string // values of when; "write" and "event" are with a number
}

// kinds lists all kinds.
func kinds() []kind {
	place := []string{"state", "function", "items", "attempt", "invocation"}
	with := func(own ...string) []string { return append(own, place...) }
	task, both := []Moment{Task}, []Moment{Task, Request}
	return []kind{
		{name: Error, fields: with("call", "error", "cause"), moments: both},
		{name: Throttle, fields: with("call"), moments: both},
		{name: Timeout, fields: with(), moments: task},
		{name: Crash, fields: with("when"), moments: []Moment{Task, Write}, function: true, when: []string{before, After, "write"}},
		{name: Duplicate, fields: with("when"), moments: task, function: true, when: []string{Together, later}},
		{name: Slow, fields: with("call", "delay"), moments: both},
		{name: Lost, fields: with("call"), moments: both},
		{name: Large, fields: with("bytes"), moments: task, function: true},
		{name: Answer, fields: with("answer"), moments: task, function: true},
		{name: Stop, fields: []string{"state", "invocation", "when", "after", "error", "cause"}, moments: []Moment{Entry, Event}, when: []string{"event"}},
		{name: Expire, fields: []string{"state", "invocation", "when", "after"}, moments: []Moment{Entry, Event}, when: []string{"event"}},
		{name: Redriven, fields: []string{"state", "invocation"}, moments: []Moment{Results}},
	}
}

// Kinds lists the names of all kinds.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func kindOf(name string) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// OnlyFunctions reports whether a fault strikes functions alone.
func (f *Fault) OnlyFunctions() bool {
	k, _ := kindOf(f.Fault)
	return k.function
}

// given returns the fields that a fault has, besides its kind.
func (f *Fault) given() []string {
	var names []string
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"machine", f.Machine != ""}, {"state", f.State != ""}, {"function", f.Function != ""}, {"call", f.Call != ""},
		{"items", f.Items != nil}, {"attempt", f.Attempt != nil}, {"invocation", f.Invocation != 0}, {"times", f.Times != 0},
		{"when", f.When != ""}, {"delay", f.Delay != 0}, {"after", f.After != 0}, {"error", f.Error != ""},
		{"cause", f.Cause != ""}, {"answer", f.Answer != nil}, {"bytes", f.Bytes != 0},
	} {
		if field.set {
			names = append(names, field.name)
		}
	}
	return names
}

// problem is what is wrong with a field.
type problem struct {
	field string
	err   error
}

func (p problem) Error() string { return p.field + ": " + p.err.Error() }

// Check returns what is wrong with a fault: all problems, one in each line.
func (f *Fault) Check() error {
	var errs []error
	for _, p := range f.problems() {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

// The most that a fault may ask for. A year is the longest execution, and times after
// the year 2262 end a bubble of package testing/synctest.
const (
	maxBytes    = 100_000_000
	maxDuration = 366 * 24 * time.Hour
)

func (f *Fault) problems() []problem {
	k, ok := kindOf(f.Fault)
	if !ok {
		return []problem{{"fault", fmt.Errorf("got %q, expected one of %s", f.Fault, strings.Join(Kinds(), ", "))}}
	}
	var found []problem
	add := func(field, format string, args ...any) {
		found = append(found, problem{field, fmt.Errorf(format, args...)})
	}
	uses := append([]string{"machine", "times"}, k.fields...)
	for _, field := range f.given() {
		if !slices.Contains(uses, field) {
			slices.Sort(uses)
			add(field, "got it with the fault %s, which has no use for it, expected any of %s", f.Fault, strings.Join(uses, ", "))
		}
	}
	if slices.ContainsFunc(f.Items, func(i int) bool { return i < 0 }) {
		add("items", "got %v, expected indexes from 0", f.Items)
	}
	if f.Attempt != nil && *f.Attempt < 0 {
		add("attempt", "got %d, expected 0 for the first, or more", *f.Attempt)
	}
	if f.Invocation < 0 {
		add("invocation", "got %d, expected 1 for the first, or more", f.Invocation)
	}
	if f.Times < -1 {
		add("times", "got %d, expected 1 or more, or -1 for always", f.Times)
	}
	if f.Bytes < 0 {
		add("bytes", "got %d, expected 1 or more", f.Bytes)
	}
	if f.Bytes > maxBytes {
		add("bytes", "got %d, expected at most %d", f.Bytes, maxBytes)
	}
	if f.Delay > maxDuration {
		add("delay", "got %s, expected at most %s", f.Delay, maxDuration)
	}
	if f.After > maxDuration {
		add("after", "got %s, expected at most %s", f.After, maxDuration)
	}
	if f.Delay < 0 {
		add("delay", "got %s, expected a positive duration", f.Delay)
	}
	if f.After < 0 {
		add("after", "got %s, expected a positive duration", f.After)
	}
	if f.Fault == Slow && f.Delay == 0 {
		add("delay", "got none with the fault slow, expected a duration such as 90s")
	}
	if f.Fault == Answer && !json.Valid(f.Answer) {
		add("answer", "got %q with the fault answer, expected JSON", f.Answer)
	}
	if f.Call != "" && !validCall(f.Call) {
		add("call", "got %q, expected SERVICE:OPERATION such as s3:PutObject, or SERVICE:*", f.Call)
	}
	if f.When != "" && !k.allows(f.When) && len(k.when) > 0 {
		add("when", "got %q with the fault %s, expected %s", f.When, f.Fault, strings.Join(k.whenTexts(), ", or "))
	}
	if _, ok := f.Event(); ok && (f.State != "" || f.After != 0) {
		add("when", "got %q with a state or after, expected one of them", f.When)
	}
	return found
}

// allows reports whether a fault of the kind may have a value of when.
func (k *kind) allows(when string) bool {
	f := Fault{When: when}
	for _, allowed := range k.when {
		if _, ok := f.numbered(allowed); ok || allowed == when && allowed != "write" && allowed != "event" {
			return true
		}
	}
	return false
}

func (k *kind) whenTexts() []string {
	var texts []string
	for _, w := range k.when {
		if w == "write" || w == "event" {
			w += " N, from 1"
		}
		texts = append(texts, w)
	}
	return texts
}

// validCall reports whether a text is SERVICE:OPERATION; an asterisk may end the
// operation.
func validCall(call string) bool {
	service, operation, ok := strings.Cut(call, ":")
	return ok && service != "" && operation != "" && !strings.Contains(strings.TrimSuffix(operation, "*"), "*") &&
		!strings.ContainsAny(call, " /")
}
