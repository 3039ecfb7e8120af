package jsonata_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

// recorded is a case of the tables that testdata/record.mjs writes.
type recorded struct {
	Expr      string
	Input     json.RawMessage
	Bindings  map[string]json.RawMessage
	Undefined bool
	Result    json.RawMessage
	Error     *struct {
		Code, Message string
		Position      int
	}
}

func (c *recorded) environment(t testing.TB) *jsonata.Environment {
	env := &jsonata.Environment{Input: jsonata.Undefined, Now: time.UnixMilli(1764000000000), MaxDepth: 1000}
	if c.Input != nil {
		env.Input = parse(t, c.Input)
	}
	variables := map[string]any{}
	for name, text := range c.Bindings {
		variables[name] = parse(t, text)
	}
	env.Variable = func(name string) (any, bool) { v, ok := variables[name]; return v, ok }
	return env
}

func parse(t testing.TB, text []byte) any {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatalf("parsing %s: %v", text, err)
	}
	return v
}

// TestAgainstJsonata compares every recorded answer of jsonata 2.0.6 with ours:
// results including the order of members, errors including their text.
func TestAgainstJsonata(t *testing.T) {
	tables, err := filepath.Glob("testdata/*.json")
	if err != nil || len(tables) == 0 {
		t.Fatalf("got %d tables and error %v, expected the recorded tables in testdata", len(tables), err)
	}
	for _, table := range tables {
		t.Run(filepath.Base(table), func(t *testing.T) {
			text, err := os.ReadFile(table)
			if err != nil {
				t.Fatal(err)
			}
			var cases []recorded
			if err := json.Unmarshal(text, &cases); err != nil {
				t.Fatal(err)
			}
			for i := range cases {
				c := &cases[i]
				t.Run(c.Expr, func(t *testing.T) { c.check(t) })
			}
		})
	}
}

func (c *recorded) check(t *testing.T) {
	env := c.environment(t)
	before := shown(env.Input)
	var got any
	e, err := jsonata.Compile(c.Expr)
	if err == nil {
		got, err = e.Eval(env)
	}
	if after := shown(env.Input); after != before {
		t.Errorf("the input changed from %s to %s", before, after)
	}
	if c.Error != nil {
		var failure *jsonata.Error
		if !errors.As(err, &failure) {
			t.Fatalf("got %v and error %v, expected %s: %s", shown(got), err, c.Error.Code, c.Error.Message)
		}
		if failure.Code != c.Error.Code || failure.Message != c.Error.Message {
			t.Errorf("got %s: %s\nexpected %s: %s", failure.Code, failure.Message, c.Error.Code, c.Error.Message)
		}
		if failure.Code != "" && failure.Position != c.Error.Position {
			t.Errorf("got position %d, expected %d (%s: %s)", failure.Position, c.Error.Position, failure.Code, failure.Message)
		}
		return
	}
	if err != nil {
		t.Fatalf("got error %v, expected %s", err, c.Result)
	}
	want := "undefined"
	if !c.Undefined {
		want = value.Text(parse(t, c.Result))
	}
	if shown(got) != want {
		t.Errorf("got %s, expected %s", shown(got), want)
	}
}

// shown returns a result as JSON text.
func shown(v any) string {
	if jsonata.IsUndefined(v) {
		return "undefined"
	}
	if v == (jsonata.Function{}) {
		return `""` // the tables were recorded with $string
	}
	return value.Text(v)
}
