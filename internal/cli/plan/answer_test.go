package plan

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaPath = "../../../docs/plan.schema.json"

// run runs the command with flags, and returns what it prints.
func run(t *testing.T, flags ...string) (string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	return runHere(t, flags...)
}

func runHere(t *testing.T, flags ...string) (string, error) {
	t.Helper()
	var c Command
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(flags); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = c.Run(t.Context(), &terminal.Streams{Out: &out, Err: io.Discard})
	return out.String(), err
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("plan", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("plan")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestEachPlanIsAsTheSchemaSays(t *testing.T) {
	s := schema(t)
	for name, flags := range map[string]string{
		"the smallest workload":    "--items 1 --item-ms 0.01",
		"ten million":              "--items 10000000 --item-bytes 200 --item-ms 100",
		"a month within an hour":   "--items 100000 --item-ms 100 --runs-per-month 30 --within 1h --result-bytes 90",
		"nothing is possible":      "--items 1000000 --item-ms 100 --within 1s",
		"several memories":         "--items 100000 --item-ms 128=220,256=100,512=60",
		"without prices of some":   "--items 100000 --item-ms 100 --region eu-west-1 --architecture x86_64",
		"failures and crashes":     "--items 5000 --item-ms 1500 --failure-rate 0.1 --crash-rate 0.01",
		"a new account":            "--items 5000 --item-ms 1500 --account new --quota states.transitions=100",
		"an item that is too slow": "--items 5 --item-ms 3600000",
	} {
		t.Run(name, func(t *testing.T) {
			text, failed := run(t, append(strings.Fields(flags), "--json")...)
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(document); err != nil {
				t.Fatal(err)
			}
			recommended := document.(map[string]any)["recommended"]
			if (recommended == nil) != (failed != nil) {
				t.Errorf("got the error %v, expected one if nothing is recommended", failed)
			}
		})
	}
}

// Every member has a description in the schema, is required unless it may be left out,
// and has the type that the command prints.
func TestTheSchemaRefusesOtherPlans(t *testing.T) {
	s := schema(t)
	text, err := run(t, "--items", "100000", "--item-ms", "100", "--json")
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	var visit func(document any, at any)
	visit = func(document any, at any) {
		o, ok := at.(map[string]any)
		if list, isList := at.([]any); isList && len(list) > 0 {
			visit(document, list[0])
		}
		if !ok {
			return
		}
		optional := map[string]bool{"of": true, "read": true, "file": true, "date": true, "batchLimit": true, "firstLimitItems": true, "notFeasible": true, "lines": o["children"] != nil, "accountConcurrency": true, "batch": o["architecture"] != nil && o["region"] == nil, "monthUSD": true}
		for name, member := range o {
			for _, broken := range []any{nil, struct{}{}} {
				o[name] = []any{broken, "of another type"}
				if broken == nil {
					delete(o, name)
				}
				tries++
				if err := s.Validate(document); (err == nil) != (broken == nil && optional[name]) {
					t.Errorf("%s: got %v with %v", name, err, o[name])
				}
			}
			o[name] = member
			visit(document, member)
		}
		o["unknown"] = 1
		if s.Validate(document) == nil {
			t.Errorf("got no error with an unknown member beside %v", o)
		}
		delete(o, "unknown")
	}
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	visit(document, document)
	if tries < 120 {
		t.Errorf("got %d tries, expected those of all members", tries)
	}
}
