package stub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheFirstLineThatFitsAnswers(t *testing.T) {
	s, err := Read(file(t, "answers.jsonl", `{"Match": {"sku": "A", "tags": [1, {"x": null}]}, "Return": {"price": 12}}
{"Match": null, "Times": 1, "Return": "first of all"}
{"Match": {"sku": "B"}, "Times": 1, "Throw": {"Error": "Busy", "Cause": "try later"}}

{"Match": {"sku": "B"}, "Return": null}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		input, expected string
		failed          bool
	}{
		{`{"sku": "A", "tags": [1, {"x": 7}]}`, `first of all`, false},
		{`{"sku": "A", "tags": [1, {"x": 7}], "more": true}`, "has no answer for", true},
		{`{"sku": "A", "tags": [1, {"x": null}], "more": true}`, `{"price": 12}`, false},
		{`{"sku": "A", "tags": [1, {}]}`, "has no answer for", true},
		{`{"sku": "A", "tags": [1]}`, "has no answer for", true},
		{`{"tags": [1, {"x": 7}]}`, "has no answer for", true},
		{`{"sku": "B"}`, `{"errorType":"Busy","errorMessage":"try later"}`, true},
		{`{"sku": "B"}`, `null`, false},
		{`7`, `"errorType":"Stub.NoAnswer"`, true},
	} {
		if got, failed := s.Answer([]byte(c.input)); failed != c.failed || !strings.Contains(string(got), c.expected) {
			t.Errorf("%s: got %s (failed: %t), expected %s (%t)", c.input, got, failed, c.expected, c.failed)
		}
	}
}

func TestEachItemOfABatchIsAnswered(t *testing.T) {
	s, err := Read(file(t, "answers.jsonl", `{"Match": {"bad": true}, "Throw": {"Error": "Refused", "Cause": "bad", "Retryable": true}}
{"Return": "fine"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, failed := s.Answer([]byte(`{"BatchInput": {"execution": "arn", "keepItems": true}, "Items": [{"index": 4, "item": {}}, {"index": 5, "item": {"bad": true}}]}`))
	expected := `[{"index":4,"status":"SUCCEEDED","output":"fine"},{"index":5,"status":"FAILED","error":"Refused","cause":"bad","retryable":true,"item":{"bad":true}}]`
	if failed || string(got) != expected {
		t.Errorf("got %s (failed: %t), expected %s", got, failed, expected)
	}
	if got, failed := s.Answer([]byte(`{"BatchInput": {"execution": "arn"}, "Chunk": {}}`)); !failed || !strings.Contains(string(got), "expected items") {
		t.Errorf("got %s (failed: %t), expected a chunk to be refused", got, failed)
	}
}

func TestAFileOfJSONIsOneAnswer(t *testing.T) {
	s, err := Read(file(t, "answer.json", `{"Return": [1]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, failed := s.Answer([]byte(`"anything"`)); failed || string(got) != `{"Return": [1]}` {
		t.Errorf("got %s (failed: %t), expected the file", got, failed)
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, expected string }{
		"JSON":    {"a.json", `{`, "expected one JSON document, the answer"},
		"line":    {"a.jsonl", "{\"Return\": 1}\nx", "line 2: got x ("},
		"neither": {"a.jsonl", `{"Match": 1}`, "expected one of Return and Throw"},
		"both":    {"a.jsonl", `{"Return": 1, "Throw": {"Error": "E"}}`, "expected one of Return and Throw"},
		"field":   {"a.jsonl", `{"Returns": 1}`, `unknown field "Returns"`},
		"unnamed": {"a.jsonl", `{"Throw": {}}`, "expected the name of an error in Throw.Error"},
		"times":   {"a.jsonl", `{"Return": 1, "Times": -1}`, "got Times -1, expected at least 1"},
		"format":  {"a.yaml", ``, "expected one that ends in .json, with one answer, or .jsonl"},
	} {
		if _, err := Read(file(t, c.file, c.text)); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: got error %v, expected %q", name, err, c.expected)
		}
	}
}
