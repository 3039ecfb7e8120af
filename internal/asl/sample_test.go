package asl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
)

// TestSampleDefinitions parses definitions with features that public samples use
// although the specification does not mention them. The Comment of each names the
// feature.
func TestSampleDefinitions(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/samples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("got no sample, expected at least one")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			t.Parallel()
			definition, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			machine, err := asl.Parse(definition)
			if err != nil {
				t.Fatal(err)
			}
			if machine.Comment == "" {
				t.Error("got no Comment, expected one that names the feature")
			}
		})
	}
}
