package review

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAssembly(t *testing.T) {
	assembly, folder := t.TempDir(), t.TempDir()
	for _, name := range []string{
		"manifest.json", "Far.template.json", "assembly-Dev/DevJobs.template.json", "assembly-Dev/DevJobsNightly.nested.template.json",
		"asset.1/project.template.json",
	} {
		path := filepath.Join(assembly, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time replaces what the first has kept
		if err := Assembly(folder, "examples/shop", assembly); err != nil {
			t.Fatal(err)
		}
	}
	got, err := filepath.Glob(filepath.Join(folder, "examples/shop/*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = filepath.Base(got[i])
	}
	if expected := []string{"DevJobs.template.json", "DevJobsNightly.nested.template.json", "Far.template.json"}; !slices.Equal(got, expected) {
		t.Errorf("got %q, expected %q", got, expected)
	}
	twice := filepath.Join(assembly, "assembly-Prod", "DevJobs.template.json")
	if err := os.MkdirAll(filepath.Dir(twice), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(twice, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Assembly(folder, "examples/shop", assembly); err == nil {
		t.Error("got no error of two templates with one name, expected one")
	}
	if err := Assembly(folder, "examples/none", t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no templates, expected those of examples/none") {
		t.Errorf("got error %v of an assembly without a template, expected one that names the app", err)
	}
}
