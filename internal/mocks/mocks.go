// Package mocks reads MockConfigFile.json, the file with the answers of mocked
// Task states in Step Functions Local, and answers the tasks of an engine with
// them (developer guide, "Using mocked service integrations for testing in Step
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
// answer for each call of its state. Calls are counted from 0 over the whole
// execution, with retries, loops and the iterations of a Map, as in Step
// Functions Local.
package mocks

import (
	"errors"
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

// testCase has the name of the response for each state that it mocks.
type testCase map[string]string

// response has the answers of a state, in the order of its calls.
type response struct{ answers []answer }

// answer is a result or an error.
type answer struct {
	result     any
	throws     bool
	name       string
	cause      string
	from, last int // the calls that it answers
}

// Case returns a test case of a state machine, checked against its definition.
// An empty name stands for the only state machine or test case in the file. The
// error lists the names to choose from, or joins all problems of the test case.
func (f *File) Case(stateMachine, testCase string, machine *asl.StateMachine) (*Case, error) {
	stateMachine, err := only("state machine", stateMachine, f.machines)
	if err != nil {
		return nil, err
	}
	cases := f.machines[stateMachine]
	testCase, err = only("test case of "+stateMachine, testCase, cases)
	if err != nil {
		return nil, err
	}
	path := member(member(member("$.StateMachines", stateMachine), "TestCases"), testCase)
	c := &Case{states: map[*asl.State]*mocked{}}
	named := cases[testCase]
	found := map[string]bool{}
	var problems []error
	for s := range machine.AllStates() {
		name, ok := named[s.Name]
		if !ok {
			continue
		}
		found[s.Name] = true
		if s.Type != asl.TaskState {
			problems = append(problems, fmt.Errorf("%s: got a %s state, expected a Task state: no other can be mocked", member(path, s.Name), s.Type))
			continue
		}
		c.states[s] = &mocked{state: s.Name, name: name, response: f.responses[name]}
	}
	for _, state := range slices.Sorted(maps.Keys(named)) {
		if !found[state] {
			problems = append(problems, fmt.Errorf("%s: got %q, expected the name of a Task state of the definition", member(path, state), state))
		}
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	return c, nil
}

// only resolves a name, which may be empty if there is only one.
func only[T any](what, name string, all map[string]T) (string, error) {
	names := slices.Sorted(maps.Keys(all))
	switch {
	case name == "" && len(names) == 1:
		return names[0], nil
	case len(names) == 0:
		return "", fmt.Errorf("%s: got none in the file, expected at least one", what)
	case name == "":
		return "", fmt.Errorf("%s: got no name, expected one of %s", what, strings.Join(names, ", "))
	case !slices.Contains(names, name):
		return "", fmt.Errorf("%s: got %q, expected one of %s", what, name, strings.Join(names, ", "))
	}
	return name, nil
}

// member returns the path of a member, with the name in brackets unless it is
// plain.
func member(path, name string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	}
	if name != "" && !strings.ContainsFunc(name, func(c rune) bool { return !plain(c) }) {
		return path + "." + name
	}
	return path + "['" + strings.ReplaceAll(name, "'", `\'`) + "']"
}

// describe returns a value in a word or two.
func describe(v any) string {
	switch v.(type) {
	case *value.Object:
		return "an object"
	case []any:
		return "an array"
	}
	return value.Text(v)
}
