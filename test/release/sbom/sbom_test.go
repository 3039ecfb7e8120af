package sbom

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const document = `{
  "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
  "metadata": {"component": {"type": "library", "name": "example.com/m", "version": "v1.2.3"}},
  "components": [
    {"type": "library", "name": "example.com/part", "version": "v1.0.0", "licenses": [{"license": {"id": "MIT"}}]},
    {"type": "library", "name": "std", "version": "go1.26.8", "licenses": [{"license": {"id": "BSD-3-Clause"}}]}
  ]
}`

func TestDocumentsAreChecked(t *testing.T) {
	schema, err := newSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := check([]byte(document), "v1.2.3", schema); err != nil {
		t.Errorf("got error %v for a good document", err)
	}
	for _, test := range []struct{ name, from, to, expected string }{
		{"a kind that the schema does not have", `"library"`, `"book"`, "'/metadata/component/type': value must be one of"},
		{"a license that SPDX does not have", `"MIT"`, `"MIGHT"`, "'/components/0/licenses/0/license/id'"},
		{"another version", "v1.2.3", "v1.2.4", `got version "v1.2.4" of example.com/m, expected v1.2.3`},
		{"an older specification", `"specVersion": "1.6"`, `"specVersion": "1.5"`, "got version 1.5 of the specification"},
		{"a part without a license", `[{"license": {"id": "MIT"}}]`, `[]`, "got component example.com/part with version \"v1.0.0\" and 0 licenses"},
		{"a part without a version", `"version": "v1.0.0", `, ``, `got component example.com/part with version ""`},
		{"no JSON", `{`, ``, "invalid character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(document, test.from, test.to, 1)
			if text == document {
				t.Fatalf("%q is not in the document", test.from)
			}
			if err := check([]byte(text), "v1.2.3", schema); err == nil || !strings.Contains(err.Error(), test.expected) {
				t.Errorf("got error %v, expected %q", err, test.expected)
			}
		})
	}
	empty := document[:strings.Index(document, `"components"`)] + `"components": []}`
	if err := check([]byte(empty), "v1.2.3", schema); err == nil || !strings.Contains(err.Error(), "got no components") {
		t.Errorf("got error %v for a document without parts", err)
	}
}

// A module that needs golang.org/x/mod, which this one needs too.
func TestAModule(t *testing.T) {
	maker, err := NewMaker(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	for name, text := range map[string]string{
		"go.mod":  "module example.com/m\n\ngo 1.26\n\nrequire golang.org/x/mod v0.40.0\n",
		"main.go": "package main\n\nimport _ \"golang.org/x/mod/semver\"\n\nfunc main() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run("go", "build", "-buildvcs=false", "-o", "m", ".")
	run("git", "init", "--quiet")
	run("git", "add", ".")
	run("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=a")
	run("git", "tag", "v1.2.3")
	one, err := maker.Module(t.Context(), root, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{`"golang.org/x/mod"`, `"v0.40.0"`, `"BSD-3-Clause"`, `"std"`} {
		if !strings.Contains(string(one), expected) {
			t.Errorf("got the document:\n%s\nexpected %s", one, expected)
		}
	}
	if strings.Contains(string(one), "BSD-Source-Code") {
		t.Errorf("got the document:\n%s\nexpected the license of the module's file", one)
	}
	if two, err := maker.Module(t.Context(), root, "v1.2.3"); err != nil || string(two) != string(one) {
		t.Errorf("got error %v and:\n%s\nexpected the same document again:\n%s", err, two, one)
	}
	if _, err := maker.Module(t.Context(), root, "v1.2.4"); err == nil || !strings.Contains(err.Error(), `got version "v1.2.3"`) {
		t.Errorf("got error %v, expected that the tag is noticed", err)
	}
}
