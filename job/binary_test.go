package job_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A client that a worker does not use still costs it size and start-up time if
// anything that it does use refers to it, even the text of a panic.
func TestAWorkerHasNoClientThatItDoesNotUse(t *testing.T) {
	folder := t.TempDir()
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", folder, "./testdata/worker", "./testdata/once", "./testdata/callback", "./testdata/token")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const database, stepFunctions = "DynamoDB_20120810.PutItem", "AWSStepFunctions.SendTaskSuccess" // what requests say
	for command, expected := range map[string]map[string]bool{
		"worker":   {},
		"once":     {database: true},
		"callback": {},
		"token":    {stepFunctions: true},
	} {
		binary, err := os.ReadFile(filepath.Join(folder, command))
		if err != nil {
			t.Fatal(err)
		}
		for _, client := range []string{database, stepFunctions} {
			if got := bytes.Contains(binary, []byte(client)); got != expected[client] {
				t.Errorf("%s: got a binary that can send %s: %t, expected %t", command, client, got, expected[client])
			}
		}
	}
}
