package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

func TestAppsByName(t *testing.T) {
	all, err := named("")
	if err != nil || len(all) != 6 {
		t.Errorf("got %d apps and error %v, expected 6", len(all), err)
	}
	some, err := named("examples,map-job")
	if err != nil || len(some) != 2 || some[0].stack != "Greetings" || some[1].stack != "Invoicing" {
		t.Errorf("got %v and error %v, expected the examples and the map-job", some, err)
	}
	if _, err := named("map-job,cron"); err == nil || !strings.Contains(err.Error(), `got "cron", expected some of event-handler`) {
		t.Errorf("got error %v, expected one that names the apps", err)
	}
}

// Nothing may be left out or differ, and what is not read is a list.
func TestSeen(t *testing.T) {
	alarm := arrived.Difference{ID: "A", Of: "AWS::CloudWatch::Alarm", Text: "its properties are not read"}
	rule := arrived.Difference{ID: "R", Of: "AWS::Events::Rule", Text: "its properties are not read"}
	for _, c := range []struct {
		found      arrived.Comparison
		unexpected []string
	}{
		{arrived.Comparison{NotRead: []arrived.Difference{alarm}}, nil},
		{arrived.Comparison{NotRead: []arrived.Difference{rule}}, []string{"stack S: R (AWS::Events::Rule): its properties are not read"}},
		{arrived.Comparison{LeftOut: []arrived.Difference{alarm}}, []string{"stack S: A (AWS::CloudWatch::Alarm): its properties are not read"}},
		{arrived.Comparison{Differ: []arrived.Difference{rule}}, []string{"stack S: R (AWS::Events::Rule): its properties are not read"}},
	} {
		if got := (seen{}).add("S", &c.found); !slices.Equal(got, c.unexpected) {
			t.Errorf("%v: got the unexpected %q, expected %q", c.found, got, c.unexpected)
		}
	}
	s := seen{"AWS::CloudWatch::Alarm": true}
	if err := s.print(io.Discard, false); err != nil {
		t.Errorf("got error %v after a part of the apps, expected none", err)
	}
	if err := s.print(io.Discard, true); err == nil || !strings.Contains(err.Error(), "notRead has AWS::CDK::Metadata, which no stack has") {
		t.Errorf("got error %v, expected one that names a type that no stack has", err)
	}
}

// Every lie is about a step.
func TestLies(t *testing.T) {
	steps := (&check{}).steps(allApps())
	for _, l := range lies {
		if !slices.ContainsFunc(steps, func(s step) bool { return s.what == l.step && (s.app == nil || s.app.name == orMapJob(l.app)) }) {
			t.Errorf("got a lie about %q of %s, which is no step", l.step, orMapJob(l.app))
		}
	}
	l := lie{expected: []string{"got 3", "got 4"}}
	for err, seen := range map[error]bool{errors.New("a: got 3, b: got 4"): true, errors.New("got 3"): false, nil: false} {
		if problem := unseen(l, err); (problem == nil) != seen {
			t.Errorf("error %v: got %v, expected that the lie is seen: %t", err, problem, seen)
		}
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
