package sbom

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLibrariesOfThePageAreListed(t *testing.T) {
	schema, err := newSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts, err := vendored(filepath.Join("../../..", Page))
	if err != nil {
		t.Fatal(err)
	}
	with, err := embed([]byte(document), parts)
	if err != nil {
		t.Fatal(err)
	}
	if err := check(with, "v1.2.3", schema); err != nil {
		t.Errorf("got error %v", err)
	}
	for _, expected := range []string{
		`"pkg:npm/preact@11.2.0"`, `"pkg:npm/htm@3.1.1"`, `"Apache-2.0"`, `"example.com/part"`,
		"bdcbd9abdf2c77c5c45326eab42191e949222d479d0d5f69467387a77040cb55", "ab33dd3f38059b9be4d5f5350128eefb2356639c4e0bbe9d9e8b3ba75847e9e4",
	} {
		if !strings.Contains(string(with), expected) {
			t.Errorf("got the document:\n%s\nexpected %s", with, expected)
		}
	}
}

func TestALibraryThatIsNotListedIsRefused(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"README.md": "| `a.mjs` | [a](https://example.com) 1.0.0 | MIT, in `a.LICENSE` |\n", "a.mjs": "export {}\n", "b.mjs": "export {}\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := vendored(folder); err == nil || !strings.Contains(err.Error(), "b.mjs is not in the table") {
		t.Errorf("got error %v, expected one for b.mjs", err)
	}
	if err := os.Remove(filepath.Join(folder, "b.mjs")); err != nil {
		t.Fatal(err)
	}
	if parts, err := vendored(folder); err != nil || len(parts) != 1 {
		t.Errorf("got %d parts and error %v, expected one", len(parts), err)
	}
}
