package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli/browser"
)

// The browser of this test copies the page.
func TestShowOpensAFileWithThePage(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	opened := filepath.Join(folder, "opened")
	script := "#!/bin/sh\ncp \"$1\" " + opened + ".part && mv " + opened + ".part " + opened + "\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := browser.Show(strings.NewReader("<p>page"), &out); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(out.String())
	if text, err := os.ReadFile(name); string(text) != "<p>page" || err != nil {
		t.Errorf("%s: got %q and %v, expected the page", name, text, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: got %v and %v, expected a file for this user only", name, info, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(opened)
		if string(text) == "<p>page" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %q and %v in the browser, expected the page", text, err)
		}
	}
}

func TestShowWithoutABrowserNamesTheFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	var out strings.Builder
	err := browser.Show(strings.NewReader("<p>page"), &out)
	if name := strings.TrimSpace(out.String()); err == nil || !strings.HasSuffix(err.Error(), "; the report is in "+name) {
		t.Errorf("got %v, expected an error with the file %s", err, name)
	}
}
