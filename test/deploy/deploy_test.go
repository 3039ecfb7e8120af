package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

func TestAppsByName(t *testing.T) {
	all, err := named("")
	if err != nil || len(all) != 5 {
		t.Errorf("got %d apps and error %v, expected 5", len(all), err)
	}
	some, err := named("examples,map-job")
	if err != nil || len(some) != 2 || some[0].stack != "Greetings" || some[1].stack != "Invoicing" {
		t.Errorf("got %v and error %v, expected the examples and the map-job", some, err)
	}
	if _, err := named("map-job,cron"); err == nil || !strings.Contains(err.Error(), `got "cron", expected some of event-handler`) {
		t.Errorf("got error %v, expected one that names the apps", err)
	}
}

// What moto leaves out is a list, and each change of it is seen.
func TestFindings(t *testing.T) {
	alarm := arrived.Difference{ID: "A", Of: "AWS::CloudWatch::Alarm", Text: "got none"}
	rule := arrived.Difference{ID: "R", Of: "AWS::Events::Rule", Text: "got none"}
	timeout := arrived.Difference{ID: "F", Of: "AWS::Lambda::Function.Timeout", Text: "got 3, expected 60"}
	tracing := arrived.Difference{ID: "F", Of: "AWS::Lambda::Function.TracingConfig", Text: "got PassThrough"}
	for _, c := range []struct {
		moto       bool
		found      arrived.Comparison
		unexpected []string
	}{
		{true, arrived.Comparison{LeftOut: []arrived.Difference{alarm}, Differ: []arrived.Difference{tracing}}, nil},
		{true, arrived.Comparison{LeftOut: []arrived.Difference{rule}}, []string{"stack S: R (AWS::Events::Rule): got none"}},
		{true, arrived.Comparison{Differ: []arrived.Difference{timeout}}, []string{"stack S: F (AWS::Lambda::Function.Timeout): got 3, expected 60"}},
		{false, arrived.Comparison{LeftOut: []arrived.Difference{alarm}}, []string{"stack S: A (AWS::CloudWatch::Alarm): got none"}},
		{false, arrived.Comparison{Differ: []arrived.Difference{tracing}}, []string{"stack S: F (AWS::Lambda::Function.TracingConfig): got PassThrough"}},
	} {
		f := newFindings()
		f.add("S", &c.found, c.moto)
		if !slices.Equal(f.unexpected, c.unexpected) {
			t.Errorf("moto %t, %v: got the unexpected %q, expected %q", c.moto, c.found, f.unexpected, c.unexpected)
		}
	}
	f := newFindings()
	f.add("S", &arrived.Comparison{LeftOut: []arrived.Difference{alarm}}, true)
	missing := strings.Join(f.missing(), "\n")
	if strings.Contains(missing, "AWS::CloudWatch::Alarm") || !strings.Contains(missing, "leftOut has AWS::Scheduler::Schedule, which this moto did not show") {
		t.Errorf("got %s, expected each known type but alarms", missing)
	}
}

func TestFirstLines(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a", []byte("1\n2\n3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := firstLines("a", "b", 2); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile("b"); err != nil || string(text) != "1\n2\n" {
		t.Errorf("got %q and error %v, expected two lines", text, err)
	}
	if err := firstLines("a", "b", 9); err == nil {
		t.Error("got no error for a file that is too short")
	}
}
