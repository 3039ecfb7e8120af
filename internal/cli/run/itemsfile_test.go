package run

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The first character says which format standard input has, after white space and a
// byte order mark.
func TestFormatOfStandardInput(t *testing.T) {
	for given, name := range map[string]string{
		"[1]": "items.json", " \r\n\t[1]": "items.json", "\ufeff[1]": "items.json", "\ufeff\n[1]": "items.json",
		"1\n": "items.jsonl", "{}": "items.jsonl", "\ufeff{}": "items.jsonl", "": "items.jsonl", "\ufeff": "items.jsonl",
	} {
		path, err := keepInput(strings.NewReader(given), t.TempDir())
		if err != nil || filepath.Base(path) != name {
			t.Errorf("%q: got %s and %v, expected %s", given, path, err, name)
			continue
		}
		if text, err := os.ReadFile(path); strings.TrimLeft(given, "\ufeff \t\r\n") != string(text) {
			t.Errorf("%q: got %q and %v", given, text, err)
		}
	}
}

// Ctrl-C ends the wait for standard input.
func TestInterruptedStandardInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	defer in.Close()
	go func() {
		_, _ = io.WriteString(out, "{}\n")
		cancel()
	}()
	ended := make(chan error, 1)
	go func() {
		_, err := keepInput(&interruptible{ctx: ctx, from: in}, t.TempDir())
		ended <- err
	}()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "interrupted before its end") {
			t.Errorf("got %v, expected that it was interrupted", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("got no end, expected one")
	}
}
