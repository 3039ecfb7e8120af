//go:build linux || darwin

package lambdahost_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// binary is testdata/function, built for this machine.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("LAMBDAHOST_TEST_FUNCTION") != "" {
		return hostProcess()
	}
	dir, err := os.MkdirTemp("", "lambdahost")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", binary, "./testdata/function")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the test function does not build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// newHost creates a host that is closed at the end of the test.
func newHost(t testing.TB, options ...lambdahost.Option) *lambdahost.Host {
	t.Helper()
	h, err := lambdahost.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// add adds the test function after change has modified it.
func add(t testing.TB, h *lambdahost.Host, change func(*lambdahost.Function)) {
	t.Helper()
	f := lambdahost.Function{Name: "worker", Command: []string{binary}, Timeout: 20 * time.Second}
	if change != nil {
		change(&f)
	}
	if err := h.Add(f); err != nil {
		t.Fatal(err)
	}
}

// invoke invokes "worker". It fails the test if the API refuses the request.
func invoke(t testing.TB, h *lambdahost.Host, payload string) *lambdahost.Response {
	t.Helper()
	response, err := h.Invoke(t.Context(), "worker", []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// succeed invokes "worker" and decodes the answer. It fails the test if the function
// fails.
func succeed[T any](t testing.TB, h *lambdahost.Host, payload string) T {
	t.Helper()
	response := invoke(t, h, payload)
	if response.FunctionError != "" {
		t.Fatalf("%s failed: %s", payload, response.Payload)
	}
	var answer T
	if err := json.Unmarshal(response.Payload, &answer); err != nil {
		t.Fatalf("got %[3]s as the answer to %[1]s, expected another type: %[2]v", payload, err, response.Payload)
	}
	return answer
}

// problem is the payload of a failed invocation.
type problem struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// fail invokes "worker". It fails the test if the function succeeds.
func fail(t testing.TB, h *lambdahost.Host, payload string) (problem, *lambdahost.Response) {
	t.Helper()
	response := invoke(t, h, payload)
	if response.FunctionError != "Unhandled" {
		t.Fatalf("%s: got FunctionError %q and %s, expected Unhandled", payload, response.FunctionError, response.Payload)
	}
	var p problem
	if err := json.Unmarshal(response.Payload, &p); err != nil {
		t.Fatalf("got payload %s, expected a JSON object: %v", response.Payload, err)
	}
	return p, response
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("got nothing after ten seconds, expected: %s", what)
}
