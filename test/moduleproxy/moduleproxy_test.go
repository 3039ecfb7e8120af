package moduleproxy

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The zip of a clean checkout is the one that proxies make of its commit, without other
// modules, and also if attributes of Git would leave files out.
func TestAZipIsThatOfProxies(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module "+Module+"\n\ngo 1.26\n")
	write("a.go", "package a\n")
	write("data/b.txt", "b\n")
	write("examples/go.mod", "module example.com/other\n")
	write("examples/c.go", "package c\n")
	write(".gitattributes", "data/* export-ignore\n")
	write(".gitignore", "ignored\n")
	write("ignored", "")
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "."},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=a"},
	} {
		if _, err := git(root, args...); err != nil {
			t.Fatal(err)
		}
	}

	const version = "v0.1.0"
	expected := []string{".gitattributes", ".gitignore", "a.go", "data/b.txt", "go.mod"}
	commit, err := PackCommit(root, "HEAD", version)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, commit, version); !slices.Equal(got, expected) {
		t.Errorf("of a commit: got %q, expected %q", got, expected)
	}
	checkout, err := Pack(root, version)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, checkout, version); !slices.Equal(got, expected) {
		t.Errorf("of a checkout: got %q, expected %q", got, expected)
	}

	write("new.go", "package a\n")
	if err := os.Remove(filepath.Join(root, "a.go")); err != nil {
		t.Fatal(err)
	}
	checkout, err = Pack(root, version)
	if got := names(t, checkout, version); err != nil || !slices.Contains(got, "new.go") || slices.Contains(got, "a.go") {
		t.Errorf("got %q and error %v, expected what is not committed too", got, err)
	}
	if commit, err = PackCommit(root, "HEAD", version); err != nil || slices.Contains(names(t, commit, version), "new.go") {
		t.Errorf("got error %v and new.go, expected what is committed", err)
	}

	if _, err := Serve(t.TempDir(), "v0.2.0", commit); err == nil {
		t.Error("got no error, expected that a zip of another version is refused")
	}
	folder := t.TempDir()
	if address, err := Serve(folder, version, commit); err != nil || address != "file://"+filepath.ToSlash(folder) {
		t.Errorf("got %q and error %v", address, err)
	}
	got, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(Module), "@v", version+".mod"))
	if err != nil || !strings.HasPrefix(string(got), "module "+Module) {
		t.Errorf("got go.mod %q and error %v", got, err)
	}
}

func names(t *testing.T, packed []byte, version string) []string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range r.File {
		name, ok := strings.CutPrefix(f.Name, Module+"@"+version+"/")
		if !ok {
			t.Errorf("got %s, expected a name that begins with the module and its version", f.Name)
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
