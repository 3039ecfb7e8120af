package boundaries

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Package pages ends at a token that repeats. A loop over a paginator of its own would
// not. The sample's functions are a user's code.
func TestPagesAreReadInOnePlace(t *testing.T) {
	readers := 0
	for _, p := range list(t, "./...") {
		path, ours := p.path()
		if !ours || strings.HasPrefix(path, "test/") || strings.HasPrefix(path, "lambdas/") {
			continue
		}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if path != "internal/pages" && bytes.Contains(text, []byte(".HasMorePages()")) {
				t.Errorf("%s/%s reads pages itself, expected pages.Of", path, name)
			}
			readers += bytes.Count(text, []byte(" pages.Of("))
		}
	}
	if readers < 9 {
		t.Errorf("got %d calls of pages.Of, expected those of all paginators", readers)
	}
}
