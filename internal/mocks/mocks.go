// Package mocks reads the file in which Step Functions Local has the answers of
// mocked Task states, MockConfigFile.json, and gives the answers to an engine
// (developer guide, "Using mocked service integrations for testing in Step
// Functions Local").
//
//	{
//	  "StateMachines": {"Orders": {"TestCases": {"Retry": {"Charge": "ChargedLate"}}}},
//	  "MockedResponses": {"ChargedLate": {
//	    "0-1": {"Throw": {"Error": "Busy", "Cause": "try later"}},
//	    "2":   {"Return": {"StatusCode": 200, "Payload": "charged"}}
//	  }}
//	}
//
// A test case names the response of each state that it mocks. A response has an
// answer for each call of its state, counted from 0 over the whole execution:
// retries, loops and the iterations of a Map all count on, as they do in Step
// Functions Local.
package mocks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// File is a mock configuration file.
type File struct {
	machines  map[string]map[string]testCase
	responses map[string]*response
}

// testCase is the name of the response for each state that it mocks.
type testCase map[string]string

// response is the answers of a state, by the number of the call.
type response struct{ answers []answer }

// answer is a result or an error.
type answer struct {
	result     any
	throws     bool
	name       string
	cause      string
	from, last int // the calls that it answers
}

// Problem is one thing that is wrong with a mock configuration file.
type Problem struct {
	// Path is the place in the file, such as $.MockedResponses.Charged.0.
	Path string
	// Message says what stands there and what is expected.
	Message string
}

func (p Problem) String() string { return p.Path + ": " + p.Message }

// Problems is everything that is wrong with a file. It is the error of [Parse]
// and of [File.Case].
type Problems []Problem

// Error has one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// Case is the test case of a state machine, checked against its definition. An
// empty name stands for the only state machine or test case that there is. The
// error says which there are, or is [Problems].
func (f *File) Case(stateMachine, testCase string, machine *asl.StateMachine) (*Case, error) {
	stateMachine, err := only("state machine", "the mocks file", stateMachine, f.machines)
	if err != nil {
		return nil, err
	}
	cases := f.machines[stateMachine]
	testCase, err = only("test case", "state machine "+stateMachine, testCase, cases)
	if err != nil {
		return nil, err
	}
	path := member(member(member("$.StateMachines", stateMachine), "TestCases"), testCase)
	c := &Case{states: map[*asl.State]*mocked{}}
	named := cases[testCase]
	found := map[string]bool{}
	var problems Problems
	for s := range machine.AllStates() {
		name, ok := named[s.Name]
		if !ok {
			continue
		}
		found[s.Name] = true
		if s.Type != asl.TaskState {
			problems = append(problems, Problem{member(path, s.Name), fmt.Sprintf("got a %s state, expected a Task state, which alone can be mocked", s.Type)})
			continue
		}
		c.states[s] = &mocked{state: s.Name, name: name, response: f.responses[name]}
	}
	for _, state := range slices.Sorted(maps.Keys(named)) {
		if !found[state] {
			problems = append(problems, Problem{member(path, state), fmt.Sprintf("got %q, expected the name of a Task state of the definition", state)})
		}
	}
	if problems != nil {
		return nil, problems
	}
	return c, nil
}

// only resolves a name, which may be left out where there is one thing to name.
func only[T any](what, of, name string, all map[string]T) (string, error) {
	names := slices.Sorted(maps.Keys(all))
	switch {
	case name == "" && len(names) == 1:
		return names[0], nil
	case len(names) == 0:
		return "", fmt.Errorf("got no %s in %s, expected one", what, of)
	case name == "":
		return "", fmt.Errorf("got %d %ss in %s and no choice among them, expected one of %s", len(names), what, of, strings.Join(names, ", "))
	case !slices.Contains(names, name):
		return "", fmt.Errorf("got %s %q, which %s has not, expected one of %s", what, name, of, strings.Join(names, ", "))
	}
	return name, nil
}

// member is the path of a member: a dot and the name where that reads, else the
// name in brackets.
func member(path, name string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	}
	if name != "" && !strings.ContainsFunc(name, func(c rune) bool { return !plain(c) }) {
		return path + "." + name
	}
	return path + "['" + strings.ReplaceAll(name, "'", `\'`) + "']"
}

// describe is what stands there, in a word or two.
func describe(v any) string {
	switch v.(type) {
	case *value.Object:
		return "an object"
	case []any:
		return "an array"
	}
	return value.Text(v)
}
