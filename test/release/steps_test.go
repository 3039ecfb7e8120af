package main

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/mapjob/mapjob/test/release/api"
)

// packed returns a zip of the module with files of random bytes, which do not compress.
func packed(t *testing.T, sizes map[string]int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	random := rand.NewChaCha8([32]byte{})
	for name, size := range sizes {
		f, err := w.Create(moduleproxy.Module + "@v0.1.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(f, random, int64(size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheZipHasALimit(t *testing.T) {
	const size = 1 << 20
	got, err := describeZip(packed(t, map[string]int{"a.go": size, "test/b": size / 2, "job/testdata/c": size / 4}))
	if err != nil || got != "1.8 MB, of which 0.8 MB are test data and the repository's tests" {
		t.Errorf("got %q and error %v", got, err)
	}
	for name, sizes := range map[string]map[string]int{
		"job/testdata/large: got 1.0 MB, expected at most 1.0 MB": {"job/testdata/large": size + 1},
		"got 2.5 MB of the repository's tests and test data":      {"test/a": size, "test/b": size, "a/testdata/c": size / 2},
		"got 21.0 MB, expected at most 20.0 MB":                   many(21, size),
	} {
		if _, err := describeZip(packed(t, sizes)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got error %v, expected %q", err, name)
		}
	}
}

func many(n, size int) map[string]int {
	sizes := map[string]int{}
	for i := range n {
		sizes["data/"+string(rune('a'+i))] = size
	}
	return sizes
}

func TestBreakingChangesAreAnnounced(t *testing.T) {
	addition, removal := api.Change{Text: "./job.F: added"}, api.Change{Text: "./job.G: removed", Breaks: true}
	only := func(kinds ...string) func(string) bool {
		return func(kind string) bool { return strings.Contains(strings.Join(kinds, " "), kind) }
	}
	for _, kind := range []string{"Changed", "Removed"} {
		if err := announced([]api.Change{addition, removal}, only(kind)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := announced([]api.Change{addition, removal}, only("Added", "Fixed")); err == nil || !strings.Contains(err.Error(), removal.Text) {
		t.Errorf("got error %v, expected the change that is not announced", err)
	}
	if err := announced([]api.Change{addition}, only()); err != nil {
		t.Errorf("got error %v for an addition", err)
	}
}

func TestCommandsOfTheRelease(t *testing.T) {
	for _, args := range [][]string{nil, {"prepare"}, {"check", "v0.1.0"}, {"publish"}, {"changelog"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "release prepare [-tagged] VERSION") {
			t.Errorf("%q: got error %v, expected the usage", args, err)
		}
	}
}

// Another Go makes other bytes.
func TestAReleaseIsMadeWithTheToolchain(t *testing.T) {
	out, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	this := strings.TrimSpace(string(out))
	for toolchain, expected := range map[string]string{
		this:       "",
		"go1.26.0": "expected the toolchain of go.mod: set GOTOOLCHAIN=go1.26.0",
		"":         "got no line toolchain",
	} {
		c := checkout{t.TempDir()}
		mod := "module example.com/m\n\ngo 1.26\n"
		if toolchain != "" {
			mod += "\ntoolchain " + toolchain + "\n"
		}
		c.write(t, "go.mod", mod)
		m := making{release: release{checkout: c}}
		if _, err := m.checkGo(t.Context()); (err == nil) != (expected == "") || err != nil && !strings.Contains(err.Error(), expected) {
			t.Errorf("toolchain %s: got error %v, expected %q", toolchain, err, expected)
		}
	}
}
