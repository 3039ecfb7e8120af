package test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/synthesis"
	"github.com/mapjob/mapjob/stacks"
)

// A state machine may send work to queues. The run ends when that work is done, not
// when the execution ends.
func TestARunWaitsForTheWorkInQueues(t *testing.T) {
	folder := t.TempDir()
	app, err := synthesis.New("go run .", map[string]string{stacks.ArchitectureContext: stacks.QueueFanout})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Synthesize(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	withMachine(t, folder)
	cmd := mapjob(t, "run", "--app", "cp -R "+folder+"/. $CDK_OUTDIR", "--seed", "Orders="+some(t, t.TempDir(), 40))
	var progress bytes.Buffer
	cmd.Stderr = &progress
	if err := cmd.Run(); err != nil || !strings.Contains(progress.String(), "waiting for the work in queues") {
		t.Fatalf("mapjob run: %v\n%s", err, progress.Bytes())
	}
	_, run, _ := strings.Cut(progress.String(), "everything is in ")
	invoices, err := filepath.Glob(filepath.Join(cmd.Dir, strings.TrimSpace(run), "s3", "buckets", "*", "invoices", "*.json"))
	if err != nil || len(invoices) < 30 {
		t.Errorf("got %d invoices after the run and error %v, expected invoices of most of 40 orders", len(invoices), err)
	}
}

// withMachine adds a state machine that invokes the producer to the assembly in a folder.
func withMachine(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "QueueFanout.template.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	producer := template["Outputs"].(map[string]any)["FunctionName"].(map[string]any)["Value"]
	template["Resources"].(map[string]any)["Machine"] = map[string]any{"Type": "AWS::StepFunctions::StateMachine", "Properties": map[string]any{
		"DefinitionString": map[string]any{"Fn::Join": []any{"", []any{`{"QueryLanguage": "JSONata", "StartAt": "Send", "States": {"Send": {"Type": "Task", "End": true,
			"Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "`, producer, `", "Payload": {"date": "2026-11-01"}}}}}`}}}}}
	if text, err = json.Marshal(template); err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// some writes a file of the sample's first n orders and returns its path.
func some(t *testing.T, folder string, n int) string {
	t.Helper()
	all, err := os.ReadFile(ordersFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfterN(all, []byte("\n"), n+1)
	path := filepath.Join(folder, "orders.jsonl")
	if err := os.WriteFile(path, bytes.Join(lines[:n], nil), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
