package graph_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/graph"
	"github.com/mapjob/mapjob/internal/cli/terminal"
)

// draw returns what the command prints.
func draw(t *testing.T, c graph.Command) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Run(t.Context(), &terminal.Streams{Out: &out, Err: &out}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestThePictureOfTheREADMEIsWhatTheCommandPrints(t *testing.T) {
	t.Parallel()
	docs := filepath.Join("..", "..", "..", "docs")
	readme, err := os.ReadFile(filepath.Join(docs, "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "](docs/job.svg)") {
		t.Error("README.md: got no picture docs/job.svg")
	}
	picture, err := os.ReadFile(filepath.Join(docs, "job.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if draw(t, graph.Command{Definition: filepath.Join(docs, "job.asl.json"), Format: "svg"}) != string(picture) {
		t.Error("docs/job.svg is another picture: go run ./cmd/mapjob graph --definition docs/job.asl.json --format svg > docs/job.svg")
	}
}

func TestADefinitionAsMermaid(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "order.asl.json")
	definition := `{"StartAt": "Charge", "States": {
		"Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Each", "Retry": [{"ErrorEquals": ["Busy"]}],
			"Catch": [{"ErrorEquals": ["Declined", "Expired"], "Next": "end"}]},
		"Each": {"Type": "Map", "ItemsPath": "$.lines", "End": true, "ItemProcessor": {"StartAt": "Ship", "States": {
			"Ship": {"Type": "Wait", "Seconds": 60, "End": true}}}},
		"end": {"Type": "Fail", "Error": "No <money>"}}}`
	if err := os.WriteFile(file, []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	const expected = `flowchart TD
    b1(("start"))
    s2["Charge<br/>Task: lambda:invoke<br/>retry ×3: Busy"]
    subgraph s3 ["Each"]
        direction TB
        s3_in["Map: Inline<br/>items: #36;.lines"]
        s4("Ship<br/>Wait: 60 seconds")
        s3_in --> s4
    end
    s6(["end<br/>Fail: No #60;money#62;"])
    e5(("end"))
    b1 --> s2
    s2 --> s3
    s2 -.->|"Declined, Expired"| s6
    s3 --> e5
`
	if got := draw(t, graph.Command{Definition: file, Format: "mermaid"}); got != expected {
		t.Errorf("got\n%s\nexpected\n%s", got, expected)
	}
}

func TestWhatCanNotBeDrawnIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(file, []byte("{\n\"StartAt\": \"A\",\n\"States\": {}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for expected, c := range map[string]graph.Command{
		file + ":3: $.States: got an empty object, expected an object with at least one state":                                                   {Definition: file},
		"--definition: got an execution or --local, too, expected one of them":                                                                   {Definition: file, Local: true},
		"--json: got --format, too, expected one of them":                                                                                        {Definition: file, JSON: true, Format: "svg"},
		"--profile, --region: got no execution, expected its name or ARN":                                                                        {Region: "eu-west-1"},
		"EXECUTION: got the file " + file + ", expected the name or ARN of an execution; --definition draws a file":                              {Execution: file},
		"EXECUTION: got --app, --context, --parameter or --no-cache, too, which are of an app that is drawn without an execution":                {Execution: "monday", App: "go run ."},
		"--definition: got --app, --context or --no-cache, too, which are of an app that is drawn without --definition":                          {Definition: file, NoCache: true},
		"--definition: got --stack, --job or --parameter, too, which choose in a cloud assembly, expected the folder of one in place of " + file: {Definition: file, Job: "Nightly"},
	} {
		if err := c.Run(t.Context(), &terminal.Streams{}); err == nil || err.Error() != expected {
			t.Errorf("got the error %v, expected %s", err, expected)
		}
	}
}
