package statesarn_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/statesarn"
)

const (
	start   = "arn:aws-cn:states:cn-north-1:123456789012:"
	machine = start + "stateMachine:nightly"
)

func TestAnExecutionBelongsToItsStateMachine(t *testing.T) {
	t.Parallel()
	for arn, expected := range map[string]string{
		machine:                 "nightly",
		machine + ":live":       "nightly",
		machine + ":7":          "nightly",
		machine + "/Map":        "nightly/Map",
		start + "stateMachine:": "",
	} {
		standard, express := statesarn.Execution(arn, "run-1"), statesarn.Express(arn, "run-1", "id")
		if standard != start+"execution:"+expected+":run-1" || express != start+"express:"+expected+":run-1:id" {
			t.Errorf("%s: got %s and %s, expected executions of %q", arn, standard, express, expected)
		}
		if !statesarn.IsExpress(express) || statesarn.IsExpress(standard) {
			t.Errorf("got %s Express: %t, and %s: %t", express, statesarn.IsExpress(express), standard, statesarn.IsExpress(standard))
		}
		for got, of := range map[string]string{statesarn.Name(arn): arn, statesarn.StateMachine(standard): standard, statesarn.StateMachine(express): express} {
			if got != expected {
				t.Errorf("%s: got the state machine %q, expected %q", of, got, expected)
			}
		}
	}
}

func TestOtherTextsNameNoStateMachine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "arn:x", "nightly", "arn:aws:sqs:us-east-1:123456789012:queue", start + "mapRun:nightly/Map:id", start + "stateMachine",
		start + "execution:nightly", start + "express:nightly:run-1", machine[:len(start)]} {
		if name := statesarn.StateMachine(text); name != "" {
			t.Errorf("%q: got the execution's state machine %q, expected none", text, name)
		}
		if name := statesarn.Name(text); name != "" {
			t.Errorf("%q: got the state machine %q, expected none", text, name)
		}
	}
	if name := statesarn.StateMachine(machine + ":live"); name != "" {
		t.Errorf("got %q of a state machine with an alias, expected that it is no execution", name)
	}
	if statesarn.IsExpress(machine) || statesarn.IsExpress("express") {
		t.Error("got an Express execution, expected a state machine and a word")
	}
}

func TestAnExecutionHasANameAndAStateMachine(t *testing.T) {
	t.Parallel()
	for execution, expected := range map[string]struct{ name, machine string }{
		statesarn.Execution(machine, "run-1"):         {"run-1", machine},
		statesarn.Execution(machine+":live", "run-1"): {"run-1", machine},
		statesarn.Execution(machine+"/Map", "child"):  {"child", machine + "/Map"},
		statesarn.Express(machine, "run-1", "id"):     {"run-1", machine},
		machine:                         {},
		start + "execution:nightly":     {},
		start + "mapRun:nightly/Map:id": {},
		"execution":                     {},
	} {
		if name, of := statesarn.ExecutionName(execution), statesarn.StateMachineARN(execution); name != expected.name || of != expected.machine {
			t.Errorf("%s: got the name %q and the state machine %q, expected %q and %q", execution, name, of, expected.name, expected.machine)
		}
	}
}

func TestAMapRunHasChildren(t *testing.T) {
	t.Parallel()
	run := statesarn.MapRun(machine, "Map", "id")
	if expected := start + "mapRun:nightly/Map:id"; run != expected {
		t.Errorf("got %s, expected %s", run, expected)
	}
	if got := statesarn.Children(run); got != machine+"/Map" {
		t.Errorf("got the state machine %s of the children, expected %s", got, machine+"/Map")
	}
}
