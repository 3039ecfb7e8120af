package asl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
)

// TestSampleDefinitions parses what definitions in public samples use and a
// reader of the specification alone would not expect. Each says in its Comment
// what it shows.
func TestSampleDefinitions(t *testing.T) {
	names, err := filepath.Glob("testdata/samples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("got no sample, expected some")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			definition, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			machine, err := asl.Parse(definition)
			if err != nil {
				t.Fatal(err)
			}
			if machine.Comment == "" {
				t.Error("got no Comment, expected what the sample shows")
			}
		})
	}
}
