package mocks

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Parse reads a mock configuration file. The error joins all problems, each with
// its path.
func Parse(text []byte) (*File, error) {
	r := &reader{}
	f := &File{machines: map[string]map[string]testCase{}, responses: map[string]*response{}}
	v, err := value.Parse(text)
	if err != nil {
		r.problem("$", "got text that is not JSON, expected a JSON object: %v", err)
		return nil, errors.Join(r.problems...)
	}
	top := r.object(v, "$")
	for name := range top.All() {
		if name != "StateMachines" && name != "MockedResponses" && name != "Comment" && name != "$schema" {
			r.problem(member("$", name), "got an unknown field, expected StateMachines or MockedResponses")
		}
	}
	for name, v := range r.required(top, "$", "MockedResponses").All() {
		f.responses[name] = r.response(v, member("$.MockedResponses", name))
	}
	for name, v := range r.required(top, "$", "StateMachines").All() {
		f.machines[name] = r.machine(v, member("$.StateMachines", name), f.responses)
	}
	if r.problems != nil {
		return nil, errors.Join(r.problems...)
	}
	return f, nil
}

// reader collects the problems of a file while it is being read.
type reader struct{ problems []error }

func (r *reader) problem(path, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
}

// object returns v if it is an object, else nil, and reports a problem.
func (r *reader) object(v any, path string) *value.Object {
	object, ok := v.(*value.Object)
	if !ok {
		r.problem(path, "got %s, expected an object", describe(v))
	}
	return object
}

func (r *reader) required(o *value.Object, path, name string) *value.Object {
	v, ok := o.Get(name)
	if !ok {
		if o != nil {
			r.problem(path, "got no %s, expected an object", name)
		}
		return nil
	}
	return r.object(v, member(path, name))
}

func (r *reader) refuseOthers(o *value.Object, path string, names ...string) {
	for name := range o.All() {
		if !slices.Contains(names, name) {
			r.problem(member(path, name), "got an unknown field, expected %s", strings.Join(names, " or "))
		}
	}
}

// machine reads the test cases of a state machine.
func (r *reader) machine(v any, path string, responses map[string]*response) map[string]testCase {
	o := r.object(v, path)
	r.refuseOthers(o, path, "TestCases")
	cases := map[string]testCase{}
	for name, v := range r.required(o, path, "TestCases").All() {
		c := testCase{}
		at := member(member(path, "TestCases"), name)
		for state, v := range r.object(v, at).All() {
			response, ok := v.(string)
			switch {
			case !ok:
				r.problem(member(at, state), "got %s, expected the name of a response in MockedResponses", describe(v))
			case responses[response] == nil:
				r.problem(member(at, state), "got %q, expected the name of a response in MockedResponses", response)
			}
			c[state] = response
		}
		cases[name] = c
	}
	return cases
}

// response reads the answers of a response. Their keys are the calls: "0", "1-2"
// and so on, without a gap.
func (r *reader) response(v any, path string) *response {
	response := &response{}
	o := r.object(v, path)
	if o != nil && o.Len() == 0 {
		r.problem(path, `got no answer, expected one for the call "0"`)
	}
	for key, v := range o.All() {
		at := member(path, key)
		a := r.answer(v, at)
		var ok bool
		if a.from, a.last, ok = calls(key); !ok {
			r.problem(at, `got %q, expected the number of a call or a range of them, such as "0" or "1-2"`, key)
			continue
		}
		response.answers = append(response.answers, a)
	}
	slices.SortStableFunc(response.answers, func(a, b answer) int { return cmp.Compare(a.from, b.from) })
	next := 0
	for _, a := range response.answers {
		at := member(path, a.key())
		switch {
		case a.from > next:
			r.problem(at, "got an answer for call %d and none for call %d, expected one for each", a.from, next)
		case a.from < next:
			r.problem(at, "got a second answer for call %d, expected one for each", a.from)
		}
		next = max(next, a.last+1)
	}
	return response
}

// calls reads "3" and "1-2".
func calls(key string) (from, last int, ok bool) {
	first, second, isRange := strings.Cut(key, "-")
	if !isRange {
		second = first
	}
	from, ok = number(first)
	last, ok2 := number(second)
	return from, last, ok && ok2 && from <= last
}

func number(digits string) (int, bool) {
	n, err := strconv.ParseUint(digits, 10, 32)
	return int(n), err == nil && n < math.MaxInt32
}

func (a answer) key() string {
	if a.from == a.last {
		return strconv.Itoa(a.from)
	}
	return fmt.Sprintf("%d-%d", a.from, a.last)
}

// answer reads a Return, which may be any value, or a Throw.
func (r *reader) answer(v any, path string) answer {
	o := r.object(v, path)
	if o == nil {
		return answer{}
	}
	r.refuseOthers(o, path, "Return", "Throw")
	result, returns := o.Get("Return")
	thrown, throws := o.Get("Throw")
	if returns == throws {
		got := "neither Return nor Throw"
		if returns {
			got = "both Return and Throw"
		}
		r.problem(path, "got %s, expected one of them", got)
		return answer{}
	}
	if returns {
		return answer{result: result}
	}
	at := member(path, "Throw")
	a := answer{throws: true}
	e := r.object(thrown, at)
	if e == nil {
		return a
	}
	r.refuseOthers(e, at, "Error", "Cause")
	a.name, a.cause = r.text(e, at, "Error"), r.text(e, at, "Cause")
	if !has(e, "Error") {
		r.problem(at, "got no Error, expected the name of an error")
	}
	return a
}

func has(o *value.Object, name string) bool {
	_, ok := o.Get(name)
	return ok
}

// text returns a string member, or "" if there is none.
func (r *reader) text(o *value.Object, path, name string) string {
	v, ok := o.Get(name)
	text, is := v.(string)
	if ok && !is {
		r.problem(member(path, name), "got %s, expected a string", describe(v))
	}
	return text
}
