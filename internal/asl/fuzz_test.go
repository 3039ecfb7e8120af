package asl_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
)

// FuzzParse parses any text. If it is a definition, all transitions must lead to a
// state.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/broken/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		definition, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(definition)
	}
	f.Fuzz(func(t *testing.T, definition []byte) {
		machine, err := asl.Parse(definition)
		if err != nil {
			var problems asl.Problems
			if !errors.As(err, &problems) || len(problems) == 0 || problems.ServiceText() == "" {
				t.Fatalf("got %v, expected problems", err)
			}
			return
		}
		for s := range machine.AllStates() {
			for next := range s.Transitions() {
				if next == nil {
					t.Fatalf("got a transition of %s to nowhere", s.Name)
				}
			}
		}
		_ = machine.CheckExpress()
	})
}
