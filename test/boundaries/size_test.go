package boundaries

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// maxLines is the most lines of non-test code that a package may have without a
// reason in docs/architecture.md.
const maxLines = 1500

func TestLargePackagesHaveAReason(t *testing.T) {
	reasons := section(t, "Large packages")
	for _, p := range list(t, "./...") {
		path, _ := p.path()
		lines := 0
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			lines += bytes.Count(text, []byte("\n"))
		}
		_, documented := reasons[path]
		if lines > maxLines && !documented {
			t.Errorf("%s: got %d lines of code, expected at most %d: split it, or add why not to docs/architecture.md", path, lines, maxLines)
		}
		if lines <= maxLines && documented {
			t.Errorf("docs/architecture.md: %s is in the list of large packages, but has %d lines of code: remove it", path, lines)
		}
		delete(reasons, path)
	}
	for path := range reasons {
		t.Errorf("docs/architecture.md: the list of large packages has %s, which is not a package", path)
	}
}
