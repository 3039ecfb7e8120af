package fault

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mapjob/mapjob/internal/yaml"
)

const schemaPath = "../../docs/faults.schema.json"

type object = map[string]any

// fieldSchemas returns the schemas of the members of a fault.
func fieldSchemas() object {
	text := func(description string) object {
		return object{"description": description, "type": "string", "minLength": 1}
	}
	whole := func(description string, least int) object {
		return object{"description": description, "type": "integer", "minimum": least}
	}
	duration := func(description string) object {
		return object{"description": description + ", such as 90s, 5m or 250ms", "type": "string", "allOf": []any{object{"pattern": "[1-9]"}}, "pattern": `^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))*$`}
	}
	times := whole("How often it strikes: once without it, always with -1.", -1)
	index := whole("", 0)
	delete(index, "description")
	call := text("What a task or a function calls: SERVICE:OPERATION, such as s3:PutObject. An asterisk ends a prefix: s3:* is any call of S3.")
	call["pattern"] = `^[^: /*]+:[^ /*]*[^ /]$`
	return object{
		"fault":      object{"description": "What goes wrong.", "enum": Kinds()},
		"machine":    text("The path or the name of a state machine."),
		"state":      text("The path or the name of a state, such as Map/Worker."),
		"function":   text("The path or the name of a function."),
		"call":       call,
		"item":       whole("The index of an item that is in the batch.", 0),
		"items":      object{"description": "Indexes of items, of which one is in the batch.", "type": "array", "minItems": 1, "items": index},
		"attempt":    whole("How many retries came before: 0 is the first try. Without it, any.", 0),
		"invocation": whole("Which of those that match is the first that it strikes, from 1.", 1),
		"times":      times,
		"when":       text("When it strikes: see the kinds."),
		"delay":      duration("How late the answer is"),
		"after":      duration("How long after the state is entered"),
		"error":      text("The name of the error. Default: MapJob.Injected, or the service's own error."),
		"cause":      text("The cause or the message of the error."),
		"answer":     object{"description": "What the function answers: any JSON."},
		"bytes":      whole("The size of the answer. Default: 262145, one more than a task may return.", 1),
	}
}

// schema returns the schema of a plan.
func schema() object {
	allowed := func(k kind, more ...string) object {
		properties := object{"fault": object{"const": k.name}}
		for _, name := range slices.Concat([]string{"machine", "times"}, k.fields, more) {
			properties[name] = true
			if name == "items" {
				properties["item"] = true
			}
		}
		if len(k.when) > 0 {
			var forms []string
			for _, w := range k.when {
				if w == "write" || w == "event" {
					w += " 0*[1-9][0-9]*"
				}
				forms = append(forms, w)
			}
			properties["when"] = object{"pattern": "^(" + strings.Join(forms, "|") + ")$"}
		}
		required := []string{"fault"}
		switch k.name {
		case Slow:
			required = append(required, "delay")
		case Answer:
			required = append(required, "answer")
		}
		s := object{"properties": properties, "required": required, "additionalProperties": false}
		if slices.Contains(k.fields, "items") {
			s["not"] = object{"required": []string{"item", "items"}}
		}
		if slices.Contains(k.when, "event") {
			s["if"] = object{"required": []string{"when"}}
			s["then"] = object{"properties": object{"state": false, "after": false}}
		}
		return s
	}
	cases := func(more ...string) []any {
		var all []any
		for _, k := range kinds() {
			all = append(all, object{"if": object{"properties": object{"fault": object{"const": k.name}}, "required": []string{"fault"}}, "then": allowed(k, more...)})
		}
		return all
	}
	share := fieldSchemas()
	delete(share, "times")
	delete(share, "invocation")
	share["of"] = object{"description": "Which share of the sites that match it strikes.", "type": "number", "minimum": 0, "maximum": 1}
	return object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         "https://raw.githubusercontent.com/mapjob/mapjob/main/docs/faults.schema.json",
		"title":       "Faults",
		"description": "What goes wrong in a run, for mapjob run --faults and for tests with sfntest: an object, or the list of faults alone.",
		"anyOf":       []any{object{"$ref": "#/$defs/faults"}, object{"$ref": "#/$defs/plan"}},
		"$defs": object{
			"faults": object{"type": "array", "items": object{"$ref": "#/$defs/fault"}},
			"plan": object{"type": "object", "additionalProperties": false, "properties": object{
				"faults": object{"$ref": "#/$defs/faults"},
				"seed":   object{"description": "Orders what runs at the same time in a test, and chooses the sites of share.", "type": "integer", "minimum": 0},
				"share":  object{"description": "Faults that strike a share of the sites that match.", "type": "array", "items": object{"$ref": "#/$defs/share"}},
			}},
			"fault": object{"type": "object", "required": []string{"fault"}, "properties": fieldSchemas(), "allOf": cases()},
			"share": object{"type": "object", "required": []string{"fault", "of"}, "additionalProperties": false, "properties": share, "allOf": cases("of")},
		},
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("faults.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("faults.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema is made of the table of kinds. UPDATE_DOCS=true writes it.
func TestTheSchemaIsThatOfTheKinds(t *testing.T) {
	text, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if os.Getenv("UPDATE_DOCS") == "true" {
		if err := os.WriteFile(schemaPath, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(written)); diff != "" {
		t.Errorf("docs/faults.schema.json: run this test with UPDATE_DOCS=true (-expected +got):\n%s", diff)
	}
}

func TestTheSchemaHasTheFieldsOfTheType(t *testing.T) {
	var fields []string
	for f := range reflect.TypeFor[Fault]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	var described []string
	for name := range fieldSchemas() {
		if name != "item" {
			described = append(described, name)
		}
	}
	listed := slices.DeleteFunc(fieldNames(), func(name string) bool { return name == "item" })
	slices.Sort(fields)
	slices.Sort(described)
	slices.Sort(listed)
	if !slices.Equal(fields, described) || !slices.Equal(fields, listed) {
		t.Errorf("got %q in the schema and %q in files, expected the fields of the type, %q", described, listed, fields)
	}
}

// What the schema accepts can be read, and what it refuses can't.
func TestTheSchemaAcceptsWhatIsRead(t *testing.T) {
	s := compiled(t)
	check := func(text string, expected bool) {
		t.Helper()
		_, err := Read([]byte(text))
		if (err == nil) != expected {
			t.Errorf("%s\ngot %v, expected that it is read: %v", text, err, expected)
		}
		asJSON := []byte(text)
		if !json.Valid(asJSON) {
			if asJSON, err = yaml.JSON(asJSON); err != nil {
				t.Fatal(err)
			}
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(document); (err == nil) != expected {
			t.Errorf("%s\ngot %v from the schema, expected that it is accepted: %v", text, err, expected)
		}
	}
	values := map[string]string{"machine": `"Nightly"`, "state": `"Map/Worker"`, "function": `"Worker"`, "call": `"s3:*"`, "item": "7", "items": "[3, 7]",
		"attempt": "0", "invocation": "2", "times": "-1", "delay": `"1m30s"`, "after": `"250ms"`, "error": `"Busy"`, "cause": `"later"`, "answer": "null", "bytes": "7000000"}
	for _, k := range kinds() {
		least := `"fault": "` + k.name + `"`
		switch k.name {
		case Slow:
			least += `, "delay": "1s"`
		case Answer:
			least += `, "answer": [{"index": 0}]`
		}
		check(`{"faults": [{`+least+`}]}`, true)
		check(`[{`+least+`, "machine": "M"}]`, true)
		check(`{"share": [{`+least+`, "of": 0.5}]}`, true)
		check(`{"share": [{`+least+`}]}`, false)
		check(`{"share": [{`+least+`, "of": 1.5}]}`, false)
		check(`{"share": [{`+least+`, "of": 1, "times": 2}]}`, false)
		for name, v := range values {
			uses := slices.Contains(append([]string{"machine", "times"}, k.fields...), name) || name == "item" && slices.Contains(k.fields, "items")
			if strings.Contains(least, `"`+name+`"`) {
				continue
			}
			check(`[{`+least+`, "`+name+`": `+v+`}]`, uses)
			check(`[{`+least+`, "`+name+`": {}}]`, false)
		}
		for _, when := range []string{before, After, Together, later, "write 3", "event 3", "write 0", "event -1", "write", "3", ""} {
			check(`[{`+least+`, "when": "`+when+`"}]`, k.allows(when))
		}
	}
	for text, expected := range map[string]bool{
		`{}`:                                   true,
		`[]`:                                   true,
		`"crash"`:                              false,
		`{"faults": {}}`:                       false,
		`{"seed": 4711}`:                       true,
		`{"seed": -1}`:                         false,
		`{"seed": "1"}`:                        false,
		`{"faulst": []}`:                       false,
		`[{}]`:                                 false,
		`[{"fault": ""}]`:                      false,
		`[{"fault": "slow", "delay": "0s"}]`:   false,
		`[{"fault": "slow", "delay": "soon"}]`: false,
		`[{"fault": "slow", "delay": 3}]`:      false,
		`[{"fault": "error", "item": 1, "items": [2]}]`:            false,
		`[{"fault": "error", "items": []}]`:                        false,
		`[{"fault": "error", "items": [-1]}]`:                      false,
		`[{"fault": "error", "items": [1.5]}]`:                     false,
		`[{"fault": "error", "attempt": -1}]`:                      false,
		`[{"fault": "error", "times": -2}]`:                        false,
		`[{"fault": "error", "call": "PutObject"}]`:                false,
		`[{"fault": "error", "call": "s3:Put*"}]`:                  true,
		`[{"fault": "error", "call": "s3:P*t"}]`:                   false,
		`[{"fault": "error", "call": "*"}]`:                        false,
		`[{"fault": "stop", "when": "event 3"}]`:                   true,
		`[{"fault": "stop", "when": "event 3", "state": "Map"}]`:   false,
		`[{"fault": "expire", "when": "event 3", "after": "1s"}]`:  false,
		"- {fault: crash, when: write 3, function: Worker}":        true,
		"faults:\n  - fault: crash\n    moment: before":            false,
		"seed: 3\nshare:\n  - {fault: lost, of: 0.05}":             true,
		"seed: 3\nshare:\n  - {fault: lost, of: 0.05, attempt: 1}": true,
		"share:\n  - {fault: slow, of: 0.05}":                      false,
		"share:\n  - {fault: lost, of: 0.05, invocation: 1}":       false,
		"share:\n  - {fault: lost, of: 0.05, delay: 1s}":           false,
	} {
		check(text, expected)
	}
}
