package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/internal/yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// JSON and YAML parse; definitions, messages, faults and prices are what they say.
func TestData(t *testing.T) {
	schemas := compileSchemas(t)
	counts := map[string]int{}
	for _, p := range pages(t) {
		for _, b := range blocks(p) {
			var documents []any
			var err error
			switch b.Language {
			case "json":
				documents, err = readJSON(b.Text)
			case "yaml":
				var text []byte
				if text, err = yaml.Template([]byte(b.Text)); err == nil {
					documents, err = readJSON(string(text))
				}
			default:
				continue
			}
			if err == nil && len(documents) == 0 {
				err = errors.New("got an empty block")
			}
			for _, document := range documents {
				if err == nil {
					var kind string
					kind, err = check(t, schemas, b, document)
					counts[kind]++
				}
			}
			if err != nil {
				t.Errorf("%s: %v", b.at, err)
			}
		}
	}
	t.Logf("got documents of these kinds: %v", counts)
	if len(counts) < 3 {
		t.Errorf("got only documents of the kinds %v", counts)
	}
}

// check checks a document as what it is, and returns the kind.
func check(t *testing.T, schemas map[string]*jsonschema.Schema, b blockOf, document any) (kind string, err error) {
	t.Helper()
	object, _ := document.(map[string]any)
	name := b.before["schema"]
	if name == "" && object["faults"] != nil {
		name = "faults"
	}
	switch {
	case name != "":
		name, member, part := strings.Cut(name, " of ")
		if part {
			document = object[member]
		}
		if schemas[name] == nil {
			return "", fmt.Errorf("got the schema %q, expected a file of docs/protocol", name)
		}
		return "schema " + name, schemas[name].Validate(document)
	case object["States"] != nil:
		return "definition", validate(t, object)
	case object["Type"] != nil && !strings.Contains(fmt.Sprint(object["Type"]), ":"):
		return "state", validate(t, around(object))
	}
	return "other " + b.Language, nil
}

// around returns a definition of one state and those that it leads to.
func around(state map[string]any) map[string]any {
	text, _ := json.Marshal(state) // it was read from JSON
	states := map[string]any{"State": state}
	for _, m := range regexp.MustCompile(`"(?:Next|Default)":"([^"]+)"`).FindAllSubmatch(text, -1) {
		states[string(m[1])] = map[string]any{"Type": "Succeed"}
	}
	if state["Next"] == nil && state["End"] == nil && state["Type"] != "Choice" && state["Type"] != "Succeed" && state["Type"] != "Fail" {
		state["End"] = true
	}
	definition := map[string]any{"StartAt": "State", "States": states}
	if bytes.Contains(text, []byte(`"Arguments":`)) || bytes.Contains(text, []byte(`{%`)) {
		definition["QueryLanguage"] = "JSONata"
	}
	return definition
}

// validate checks a definition as mapjob asl validate does.
func validate(t *testing.T, definition any) error {
	t.Helper()
	text, err := json.Marshal(definition)
	if err != nil {
		return err
	}
	file := filepath.Join(t.TempDir(), "definition.asl.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	var out, errs bytes.Buffer
	if code := cli.Main([]string{"asl", "validate", file}, strings.NewReader(""), &out, &errs); code != 0 {
		return fmt.Errorf("mapjob asl validate says:\n%s%s", out.String(), errs.String())
	}
	return nil
}

var (
	leftOut = regexp.MustCompile(`([\[{,:]\s*)…(\s*[\]},])`)
	// placeholders of values, such as ARN, that stand where JSON has a value
	placeholder = regexp.MustCompile(`([\[,:]\s*)([A-Z][A-Z-]+)(\s*[\]},])`)
)

// readJSON reads one or more documents in which … stands for what is left out. Members
// without their object are read as one.
func readJSON(text string) ([]any, error) {
	for range 3 { // matches overlap
		text = leftOut.ReplaceAllStringFunc(text, func(found string) string {
			m := leftOut.FindStringSubmatch(found)
			switch {
			case strings.HasPrefix(m[1], ":"):
				return m[1] + "null" + m[2]
			case strings.HasPrefix(m[1], ","):
				return strings.TrimPrefix(m[1], ",") + m[2]
			}
			return m[1] + m[2]
		})
		text = placeholder.ReplaceAllString(text, `$1"$2"$3`)
	}
	if strings.HasPrefix(strings.TrimSpace(text), `"`) {
		text = "{" + text + "}"
	}
	var documents []any
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var document any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("got no JSON: %w", err)
		}
		documents = append(documents, document)
	}
}

func TestReadJSON(t *testing.T) {
	for text, expected := range map[string]string{
		`{"a": …, "b": [ … ], "c": {…}, "d": "…"}`: `[{"a":null,"b":[],"c":{},"d":"…"}]`,
		`{"a": 1, …}`:       `[{"a":1}]`,
		`"a": {"b": ARN}`:   `[{"a":{"b":"ARN"}}]`,
		"{\"a\": 1}\n[2]\n": `[{"a":1},[2]]`,
		`{"a": 1`:           "", `{"a": b}`: "", `{a: 1}`: "",
	} {
		got, err := readJSON(text)
		if (err != nil) != (expected == "") {
			t.Errorf("got %v for %s", err, text)
			continue
		}
		if written, _ := json.Marshal(got); err == nil && string(written) != expected {
			t.Errorf("got %s for %s, expected %s", written, text, expected)
		}
	}
}

// What is wrong with data is found.
func TestWrongDataIsFound(t *testing.T) {
	schemas := compileSchemas(t)
	for text, c := range map[string]struct{ schema, kind string }{
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}`:              {"", "definition"},
		`{"Type": "Task", "Resource": "arn:aws:states:::sqs:nothing", "Arguments": {}}`: {"", "state"},
		`{"faults": [{"fault": "none"}]}`:                                               {"", "schema faults"},
		`{"Items": []}`:                                                                 {"batch", "schema batch"},
	} {
		documents, err := readJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := check(t, schemas, blockOf{before: map[string]string{"schema": c.schema}}, documents[0])
		if err == nil || kind != c.kind {
			t.Errorf("got %q, %v for %s, expected an error of %q", kind, err, text, c.kind)
		}
	}
}

// compileSchemas returns the schemas of messages and of files by the beginning of their names.
func compileSchemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs", "protocol", "*.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(root, "docs", "faults.schema.json"), filepath.Join(root, "docs", "plan.schema.json"))
	compiler, ids := jsonschema.NewCompiler(), map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		object, _ := document.(map[string]any)
		id, _ := object["$id"].(string)
		if id == "" {
			id = "https://schemas.invalid/" + filepath.Base(file)
		}
		if err := compiler.AddResource(id, document); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		ids[name] = id
	}
	compiled := map[string]*jsonschema.Schema{}
	for name, id := range ids {
		schema, err := compiler.Compile(id)
		if err != nil {
			t.Fatal(err)
		}
		compiled[name] = schema
	}
	return compiled
}
