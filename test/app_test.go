package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The app prints what it is, if it is run by hand, and why it was refused, if a
// construct refuses its props: in a few lines, without the stack of goroutines.
func TestTheAppSaysWhyItEnds(t *testing.T) {
	app := filepath.Join(t.TempDir(), "app")
	if said, err := exec.Command("go", "build", "-o", app, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for name, c := range map[string]struct {
		environment []string
		code, lines int
		expected    []string
	}{
		"outside the CDK": {nil, 2, 2, []string{"this is the sample app of mapjob", "go install github.com/mapjob/mapjob/cmd/mapjob@latest"}},
		"refused":         {[]string{"CDK_OUTDIR=" + t.TempDir(), `CDK_CONTEXT_JSON={"architecture":"none"}`}, 1, 1, []string{`architecture`, `"none"`}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(app)
			cmd.Env = append(os.Environ(), "CDK_OUTDIR=")
			cmd.Env = append(cmd.Env, c.environment...)
			var said strings.Builder
			cmd.Stderr = &said
			err := cmd.Run()
			var ended *exec.ExitError
			if !errors.As(err, &ended) || ended.ExitCode() != c.code {
				t.Errorf("got %v, expected exit code %d", err, c.code)
			}
			var lines []string
			for line := range strings.Lines(said.String()) {
				if !strings.HasPrefix(line, "!!") && !strings.HasPrefix(line, "Runtime process exited") { // of jsii
					lines = append(lines, line)
				}
			}
			text := strings.Join(lines, "")
			if len(lines) != c.lines {
				t.Errorf("got %d lines, expected %d:\n%s", len(lines), c.lines, text)
			}
			for _, expected := range c.expected {
				if !strings.Contains(text, expected) {
					t.Errorf("got %q, expected it to contain %q", text, expected)
				}
			}
		})
	}
}
