package asl_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// FuzzParse parses anything, and asks a definition that parses for what every
// reader of it asks.
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

// FuzzIntrinsic evaluates anything as an intrinsic function.
func FuzzIntrinsic(f *testing.F) {
	for _, source := range []string{
		"States.Format('{} \\\\{', $.a)", "States.ArrayRange(1, 9, 2)", "States.StringSplit($.s, ',')", "States.JsonMerge($.o, $.o, false)",
		"States.ArrayGetItem(States.Array(1, 'x', null), 0)", "States.MathRandom(1, 9)", "States.Base64Decode('eA==')", "States.Hash('a', 'MD5')",
		"States.StringToJson('[1]')", "States.ArrayPartition($.l, 2)", "States.UUID()", "States.ArrayUnique($.l)", "$.l[1:]", "$..a", "$.l[?(@.a > 1)]",
	} {
		f.Add(source)
	}
	input, err := value.Parse([]byte(`{"a":1,"s":"x,y","o":{"b":null},"l":[1,{"a":2},3]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source string) {
		definition := value.Append(nil, value.NewObject("StartAt", "P", "States", value.NewObject("P",
			value.NewObject("Type", "Pass", "End", true, "Parameters", value.NewObject("x.$", source)))))
		machine, err := asl.Parse(definition)
		if err != nil {
			return
		}
		scope := &asl.Scope{Input: input, Random: rand.New(rand.NewPCG(1, 1)), Context: func() *value.Object { return &value.Object{} }}
		if x, err := machine.Start.Parameters.Evaluate(scope); err == nil {
			value.Text(x)
		}
	})
}
