package asl_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/asl"
)

// TestBrokenDefinitions parses definitions with one kind of error each and compares
// the problems with the text file beside them. UPDATE_BROKEN=true rewrites those
// files.
func TestBrokenDefinitions(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/broken/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 40 {
		t.Fatalf("got %d broken definitions, expected at least 40", len(names))
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			t.Parallel()
			definition, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = asl.Parse(definition)
			var problems asl.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, expected problems", err)
			}
			for _, p := range problems {
				if !strings.HasPrefix(p.Path, "$") || !strings.HasPrefix(p.Message, "got ") || !strings.Contains(p.Message, "expected ") {
					t.Errorf("got %q, expected a path, \"got …\" and \"expected …\"", p)
				}
			}
			golden := strings.TrimSuffix(name, ".json") + ".txt"
			if os.Getenv("UPDATE_BROKEN") == "true" {
				if err := os.WriteFile(golden, []byte(problems.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			expected, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(expected), problems.Error()+"\n"); diff != "" {
				t.Errorf("wrong problems (-expected +got):\n%s", diff)
			}
		})
	}
}
