package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaFolder has the schemas of docs/protocol.md.
const schemaFolder = "docs/protocol"

// schemas compiles the schemas, by the names of their files without .schema.json.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	files, err := filepath.Glob(filepath.Join(schemaFolder, "*.schema.json"))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	ids := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		id, _ := schema.(map[string]any)["$id"].(string)
		if !strings.HasSuffix(id, "/"+filepath.ToSlash(file)) {
			return nil, fmt.Errorf("%s: got $id %q, expected one that ends with the file's path", file, id)
		}
		if err := compiler.AddResource(id, schema); err != nil {
			return nil, err
		}
		ids[strings.TrimSuffix(filepath.Base(file), ".schema.json")] = id
	}
	compiled := map[string]*jsonschema.Schema{}
	for name, id := range ids {
		if compiled[name], err = compiler.Compile(id); err != nil {
			return nil, err
		}
	}
	return compiled, nil
})

// checkSchema returns an error if a message is not of a schema.
func checkSchema(name string, text []byte) error {
	all, err := schemas()
	if err != nil {
		return err
	}
	schema, ok := all[name]
	if !ok {
		return fmt.Errorf("got no schema %s in %s, expected one", name, schemaFolder)
	}
	message, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := schema.Validate(message); err != nil {
		return fmt.Errorf("%.500s is not of the schema %s: %w", text, name, err)
	}
	return nil
}

// examples has, by the names of schemas, messages that are valid.
var examples = map[string][]string{
	"batch": {
		`{"BatchInput": {"job": {"name": "Nightly", "startedAt": "2026-11-01T02:00:00.123Z"}, "execution": "arn:aws:states:us-east-1:123456789012:execution:Nightly:x"}, "Items": [{"index": 0, "item": null}]}`,
		`{"BatchInput": {"version": 2, "job": {"name": "Nightly", "startedAt": "2026-11-01T02:00:00Z", "logData": true}, "execution": "arn:x", "outcomes": {"bucket": "b", "prefix": "m/x/outcomes"}, "keepItems": true}, "Items": [{"index": 7, "item": "ü"}, {"index": 9, "item": [1]}]}`,
		`{"BatchInput": {"job": {"name": "Nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x", "outcomes": {"bucket": "b", "prefix": "m/x/outcomes"}}, "Chunk": {"bucket": "b", "key": "c.jsonl", "first": 0, "count": 1000}}`,
		`{"BatchInput": {"job": {"name": "Nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x"}, "Items": [{"index": 0, "item": {}}], "TaskToken": "t"}`,
		`{"BatchInput": {"job": {"name": "Nightly", "startedAt": "2026-11-01T02:00:00Z", "later": 1}, "execution": "arn:x"}, "Items": [{"index": 0, "item": {}}], "Later": 1}`,
	},
	"answer": {
		`[{"index": 0, "status": "SUCCEEDED"}]`,
		`[{"index": 0, "status": "SUCCEEDED", "output": "ü"}, {"index": 1, "status": "FAILED", "error": "NoLines"}]`,
		`[{"outcomes": {"bucket": "b", "key": "m/x/outcomes/000000000000.jsonl"}, "succeeded": 2, "failed": 0}]`,
		`[{"chunk": {"bucket": "b", "key": "c", "first": 0, "count": 9}, "outcomes": {"bucket": "b", "prefix": "m/x/outcomes/000000000000/", "parts": ["a-0000.jsonl"]}, "succeeded": 2, "failed": 7, "notBegun": 7}]`,
		`[{"chunk": {"bucket": "b", "key": "c", "first": 0, "count": 9}, "outcomes": {"bucket": "b", "prefix": "m/x/outcomes/000000000000/"}, "succeeded": 0, "failed": 9, "notBegun": 9}]`,
	},
	"outcome": {
		`{"index": 0, "status": "SUCCEEDED", "output": null, "startedAt": 1, "ms": 0}`,
		`{"index": 99999999, "status": "FAILED", "error": "Busy", "cause": "too many", "retryable": true, "item": {"id": 1}, "startedAt": 1793498400000, "ms": 12}`,
	},
	"account": {
		`{"total": 0, "succeeded": 0, "failed": 0, "missing": 0, "errors": {}}`,
		`{"version": 2, "total": 3, "succeeded": 1, "failed": 1, "missing": 1, "repeated": 1, "errors": {"Busy": 1}, "report": {"bucket": "b", "prefix": "m/x/report"}, "output": [1]}`,
		`{"total": 3, "succeeded": 1, "failed": 2, "missing": 0, "errors": {"Busy": 2}, "comparison": {"recovered": 1, "sameError": 1, "otherError": 0, "unknown": 1}}`,
	},
	"rerun": {
		`{"execution": "arn:x", "bucket": "b", "key": "m/x/reruns/some.jsonl", "count": 1}`,
		`{"execution": "arn:x", "bucket": "b", "key": "m/x/report/failures.jsonl", "count": 100000000, "batchSize": 1}`,
	},
	"output": {
		`{"total": 1, "succeeded": 1, "failed": 0, "missing": 0, "errors": {}}`,
		`{"skipped": true, "owner": "arn:aws:states:us-east-1:123456789012:execution:Nightly:x"}`,
		`[]`,
		`[{"index": 0, "status": "SUCCEEDED", "output": 1}]`,
	},
	"report": {
		`{"job": "Nightly", "execution": "arn:x", "startedAt": "2026-11-01T02:00:00Z", "stoppedAt": "2026-11-01T02:00:01Z", "items": {"total": 0, "succeeded": 0, "failed": 0, "missing": 0}, "errors": [], "failures": [], "sections": []}`,
	},
}

func TestSchemasAcceptMessages(t *testing.T) {
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if len(examples[name]) == 0 {
			t.Errorf("got no examples of the schema %s, expected some", name)
		}
	}
	for name, texts := range examples {
		for _, text := range texts {
			if err := checkSchema(name, []byte(text)); err != nil {
				t.Error(err)
			}
		}
	}
}

// broken has, by the names of schemas, edits that make the first example invalid: the
// old text and the new one.
var broken = map[string][][2]string{
	"batch": {
		{`"BatchInput"`, `"batchInput"`},
		{`"Items"`, `"items"`},
		{`"Items": [{"index": 0, "item": null}]`, `"Items": []`},
		{`"Items"`, `"Chunk": {"bucket": "b", "key": "c", "first": 0, "count": 1}, "Items"`},
		{`"Items": [{"index": 0, "item": null}]`, `"Chunk": {"bucket": "b", "key": "c", "first": 0, "count": 1}`}, // no folder for outcomes
		{`{"index": 0, "item": null}`, `{"item": null}`},
		{`{"index": 0, "item": null}`, `{"index": 0}`},
		{`"index": 0`, `"index": -1`},
		{`"index": 0`, `"index": 0.5`},
		{`"index": 0`, `"index": "0"`},
		{`"index": 0`, `"index": 100000000`},
		{`2026-11-01T02:00:00.123Z`, `yesterday`},
		{`"name": "Nightly"`, `"name": ""`},
		{`"arn:aws`, `"aws`},
		{`"job"`, `"version": 0, "job"`},
		{`"item": null}]`, `"item": null}, {"index": 1, "item": null}], "TaskToken": "t"`},
		{`"execution"`, `"outcomes": {"bucket": "b", "prefix": "m/"}, "execution"`},
		{`"execution"`, `"keepItems": "yes", "execution"`},
	},
	"answer": {
		{`[{"index": 0, "status": "SUCCEEDED"}]`, `{"index": 0, "status": "SUCCEEDED"}`},
		{`[{"index": 0, "status": "SUCCEEDED"}]`, `[]`},
		{`[{"index": 0, "status": "SUCCEEDED"}]`, `null`},
		{`[{"index": 0, "status": "SUCCEEDED"}]`, `"[{\"index\": 0, \"status\": \"SUCCEEDED\"}]"`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `[{"index": 0, "status": "SUCCEEDED"}]`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"index": 0, "status": "SUCCEEDED"}, null`},
		{`"index"`, `"Index"`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"outcomes": {"bucket": "b", "key": "k"}}`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"outcomes": {"bucket": "b"}, "succeeded": 1, "failed": 0}`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"outcomes": {"bucket": "b", "key": "k", "parts": ["p"]}, "succeeded": 1, "failed": 0}`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"outcomes": {"bucket": "b", "prefix": "m/x"}, "succeeded": 1, "failed": 0}`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"outcomes": {"bucket": "b", "key": "k"}, "succeeded": -1, "failed": 0}`},
		{`{"index": 0, "status": "SUCCEEDED"}`, `{"outcomes": {"bucket": "b", "key": "k"}, "succeeded": 1, "failed": 0}, {"outcomes": {"bucket": "b", "key": "l"}, "succeeded": 1, "failed": 0}`},
	},
	"outcome": {
		{`"index": 0, `, ``},
		{`"index": 0`, `"index": "0"`},
		{`"index": 0`, `"index": null`},
		{`"index": 0`, `"index": 1e8`},
		{`"SUCCEEDED"`, `"succeeded"`},
		{`"SUCCEEDED"`, `"FAILED"`},
		{`"output"`, `"error": "Busy", "output"`},
		{`"output"`, `"retryable": true, "output"`},
		{`"status": "SUCCEEDED", "output": null`, `"status": "FAILED", "error": ""`},
		{`"status": "SUCCEEDED", "output": null`, `"status": "FAILED", "error": "Busy", "cause": {}`},
		{`"startedAt": 1`, `"startedAt": "2026-11-01T02:00:00Z"`},
		{`"ms": 0`, `"ms": 0.5`},
	},
	"account": {
		{`"total": 0, `, ``},
		{`"missing": 0, `, ``},
		{`"failed": 0`, `"failed": -1`},
		{`"failed": 0`, `"failed": "0"`},
		{`"errors": {}`, `"errors": []`},
		{`"errors": {}`, `"errors": {"Busy": 0}`},
		{`"errors": {}`, `"errors": {}, "comparison": {"recovered": 0, "sameError": 0}`},
		{`"errors": {}`, `"errors": {}, "comparison": {"recovered": 0, "sameError": 0, "otherError": 0, "unknown": 0}`},
		{`"errors": {}`, `"errors": {}, "report": {"bucket": "b"}`},
		{`"errors": {}`, `"errors": {}, "report": "s3://b/m/x/report"`},
	},
	"rerun": {
		{`"execution": "arn:x", `, ``},
		{`"arn:x"`, `"x"`},
		{`"key"`, `"prefix"`},
		{`"count": 1`, `"count": 0`},
		{`"count": 1`, `"count": "1"`},
		{`"count": 1`, `"count": 1, "batchSize": 0`},
		{`"count": 1`, `"count": 1, "batchsize": 1`},
	},
	"output": {
		{`"total": 1, `, ``},
		{`{"total": 1, "succeeded": 1, "failed": 0, "missing": 0, "errors": {}}`, `null`},
		{`{"total": 1, "succeeded": 1, "failed": 0, "missing": 0, "errors": {}}`, `{}`},
		{`{"total": 1, "succeeded": 1, "failed": 0, "missing": 0, "errors": {}}`, `{"skipped": true}`},
		{`{"total": 1, "succeeded": 1, "failed": 0, "missing": 0, "errors": {}}`, `{"skipped": false, "owner": "arn:x"}`},
		{`{"total": 1, "succeeded": 1, "failed": 0, "missing": 0, "errors": {}}`, `[{"index": 0}]`},
	},
	"report": {
		{`"job": "Nightly", `, ``},
		{`"arn:x"`, `"x"`},
		{`2026-11-01T02:00:01Z`, `02:00`},
		{`"missing": 0`, `"missing": null`},
		{`"errors": []`, `"errors": null`},
		{`"errors": []`, `"errors": [{"name": "Busy", "count": 0, "example": ""}]`},
		{`"failures": []`, `"failures": [{"index": 0, "error": "", "cause": ""}]`},
		{`"sections": []`, `"sections": [{"title": "x", "columns": ["a"]}]`},
		{`"sections": []`, `"sections": [], "toleratedFailurePercentage": 101`},
	},
}

func TestSchemasRefuseBrokenMessages(t *testing.T) {
	for name, texts := range examples {
		if len(broken[name]) < 5 {
			t.Errorf("got %d broken messages of the schema %s, expected five or more", len(broken[name]), name)
		}
		for _, edit := range broken[name] {
			text := strings.Replace(texts[0], edit[0], edit[1], 1)
			if text == texts[0] {
				t.Errorf("%s: got no %s in %s, expected it", name, edit[0], text)
			}
			if !json.Valid([]byte(text)) {
				t.Errorf("%s: got %s, expected JSON", name, text)
			}
			if err := checkSchema(name, []byte(text)); err == nil {
				t.Errorf("got no error of the schema %s for %s, expected one", name, text)
			}
		}
	}
}

// Each object in a schema has the members of its Go type, and requires those
// without omitempty.
func TestSchemasHaveTheMembersOfTheMessages(t *testing.T) {
	for _, object := range []struct {
		path string // file, and where in it
		of   reflect.Type
	}{
		{"batch", reflect.TypeFor[protocol.Batch[any]]()},
		{"batch properties BatchInput", reflect.TypeFor[protocol.BatchInput]()},
		{"batch properties Items items", reflect.TypeFor[protocol.Indexed[any]]()},
		{"batch $defs job", reflect.TypeFor[protocol.Job]()},
		{"batch $defs folder", reflect.TypeFor[protocol.Folder]()},
		{"batch $defs chunk", reflect.TypeFor[protocol.Chunk]()},
		{"outcome", reflect.TypeFor[protocol.Outcome]()},
		{"answer $defs storedOutcomes", reflect.TypeFor[protocol.StoredOutcomes]()},
		{"answer $defs location", reflect.TypeFor[protocol.OutcomesLocation]()},
		{"rerun", reflect.TypeFor[protocol.Rerun]()},
		{"account", reflect.TypeFor[protocol.Account]()},
		{"account properties comparison", reflect.TypeFor[protocol.Comparison]()},
		{"report", reflect.TypeFor[report.Report]()},
		{"report properties items", reflect.TypeFor[report.Items]()},
		{"report properties comparison", reflect.TypeFor[report.Comparison]()},
		{"report properties errors items", reflect.TypeFor[report.ErrorCount]()},
		{"report properties failures items", reflect.TypeFor[report.Failure]()},
		{"report properties timeline", reflect.TypeFor[report.Timeline]()},
		{"report properties slowest items", reflect.TypeFor[report.Timed]()},
		{"report properties sections items", reflect.TypeFor[report.Section]()},
	} {
		steps := strings.Fields(object.path)
		schema, err := rawSchema(steps[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps[1:] {
			schema, _ = schema[step].(map[string]any)
		}
		var got, required []string
		properties, _ := schema["properties"].(map[string]any)
		for name := range properties {
			got = append(got, name)
		}
		listed, _ := schema["required"].([]any)
		for _, name := range listed {
			required = append(required, name.(string))
		}
		var members, always []string
		for _, field := range reflect.VisibleFields(object.of) {
			if field.Anonymous || field.Tag.Get("json") == "-" { // - is not sent
				continue
			}
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			members = append(members, name)
			if !strings.Contains(options, "omitempty") {
				always = append(always, name)
			}
		}
		for _, list := range [][]string{got, required, members, always} {
			slices.Sort(list)
		}
		if diff := cmp.Diff(members, got); diff != "" {
			t.Errorf("%s: members (-%s +schema):\n%s", object.path, object.of, diff)
		}
		if diff := cmp.Diff(always, required); diff != "" {
			t.Errorf("%s: required members (-%s +schema):\n%s", object.path, object.of, diff)
		}
	}
}

// rawSchema returns the text of a schema, decoded.
func rawSchema(name string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(schemaFolder, name+".schema.json"))
	if err != nil {
		return nil, err
	}
	var schema map[string]any
	err = json.Unmarshal(text, &schema)
	return schema, err
}
