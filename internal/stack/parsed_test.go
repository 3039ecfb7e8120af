package stack

import (
	"testing"

	"github.com/mapjob/mapjob/internal/template/templatetest"
)

// Parsing a large definition takes long, so what a stack has parsed before it starts counts.
func TestStateMachinesAreParsedOnce(t *testing.T) {
	synthesized, _ := templatetest.Stack(t, object{"Machine": machine("Pass", object{"Pass": object{"Type": "Pass", "End": true}})}, nil)
	s := New(synthesized)
	before, err := s.Machine("")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StartServices(t.Context(), Options{Folder: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if after, err := s.Machine("Machine"); err != nil || after != before {
		t.Errorf("got %p and error %v, expected the state machine that was parsed before, %p", after, err, before)
	}
	if all := s.Machines(); len(all) != 1 || all[0] != before {
		t.Errorf("got %v, expected the state machine that was parsed before, %p", all, before)
	}
}
