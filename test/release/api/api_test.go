package api

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "example.com/m"

// checkout writes a module with a public package, one of tests and one below internal.
func checkout(t *testing.T, replaced ...string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":              "module " + module + "\n\ngo 1.26\n",
		"job/job.go":          "package job\n\nimport \"example.com/m/job/internal/x\"\n\nfunc F(a int) {}\n\ntype T struct{ A x.X }\n",
		"job/internal/x/x.go": "package x\n\ntype X struct{ A int }\n",
		"test/test.go":        "package test\n\nfunc F(a int) {}\n",
	} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.NewReplacer(replaced...).Replace(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestChangesOfPublicPackages(t *testing.T) {
	c, err := NewComparer(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	record := func(root string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "api")
		if err := c.Record(t.Context(), root, module, file); err != nil {
			t.Fatal(err)
		}
		return file
	}
	before := record(checkout(t))
	for _, test := range []struct {
		name     string
		replaced []string
		expected []Change
	}{
		{"nothing", nil, nil},
		{"an addition", []string{"type T", "func G() {}\n\ntype T"}, []Change{{"job", "./job.G: added", false}}},
		{"a break in all packages", []string{"F(a int)", "F(a, b int)"}, []Change{{"job", "./job.F: changed from func(int) to func(int, int)", true}}},
		{"a break below internal", []string{"X struct{ A int }", "X struct{ A string }"}, nil},
		{"a removal", []string{"type T struct{ A x.X }", "var _ x.X"}, []Change{{"job", "./job.T: removed", true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := c.Changes(t.Context(), module, before, record(checkout(t, test.replaced...)), func(path string) bool { return path == "job" })
			if err != nil || !slices.Equal(got, test.expected) {
				t.Errorf("got %v and error %v, expected %v", got, err, test.expected)
			}
		})
	}
	if err := c.Record(t.Context(), checkout(t, "a int", "a nothing"), module, filepath.Join(t.TempDir(), "api")); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("got error %v, expected that a module which does not compile is refused", err)
	}
}

func TestWhatAVersionMayChange(t *testing.T) {
	addition, breaking := Change{Text: "./job.F: added"}, Change{Text: "./job.F: removed", Breaks: true}
	for _, test := range []struct {
		last, next string
		change     Change
		allowed    bool
	}{
		{"v0.1.0", "v0.1.1", addition, true},
		{"v0.1.0", "v0.1.1", breaking, false},
		{"v0.1.0", "v0.2.0", breaking, true},
		{"v0.9.0", "v1.0.0", breaking, true},
		{"v1.0.0", "v1.0.1", addition, false},
		{"v1.0.0", "v1.1.0", addition, true},
		{"v1.0.0", "v1.0.1", breaking, false},
		{"v1.0.0", "v1.1.0", breaking, false},
	} {
		err := Allow(test.last, test.next, []Change{test.change})
		if (err == nil) != test.allowed {
			t.Errorf("from %s to %s, %s: got error %v, expected that allowed is %v", test.last, test.next, test.change.Text, err, test.allowed)
		}
		if err != nil && !strings.Contains(err.Error(), test.change.Text) {
			t.Errorf("got error %v, expected the change %s", err, test.change.Text)
		}
	}
	if err := Allow("v1.0.0", "v1.0.1", nil); err != nil {
		t.Error(err)
	}
}

func TestChangesAreRead(t *testing.T) {
	out := "Incompatible changes:\n- Root: removed\n- package example.com/m/gone: removed\n- ./job/report.T.M: removed\nCompatible changes:\n- ./job.F: added\n"
	got, err := parse(out, module, func(string) bool { return true })
	expected := []Change{
		{".", "Root: removed", true}, {"gone", "package example.com/m/gone: removed", true},
		{"job/report", "./job/report.T.M: removed", true}, {"job", "./job.F: added", false},
	}
	if err != nil || !slices.Equal(got, expected) {
		t.Errorf("got %v and error %v, expected %v", got, err, expected)
	}
	if _, err := parse("panic: oh\n", module, nil); err == nil {
		t.Error("got no error for another output")
	}
}

func TestPublicPackagesAreRead(t *testing.T) {
	text, err := os.ReadFile("../../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := Public(string(text)); len(got) < 10 || !got["job"] || !got["constructs/mapjob"] || got["constructs/internal"] {
		t.Errorf("got %v, expected the public packages", got)
	}
}
