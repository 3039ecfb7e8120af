// Package docs tests the pages of the project: that their links lead somewhere, that
// their code compiles, and that their commands do what the pages say.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/test/docs/page"
)

const root = "../.."

// read reads all pages once.
var read = sync.OnceValues(func() (map[string]*page.Page, error) {
	found := map[string]*page.Page{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (name == "node_modules" || name == "testdata" || name == "bin" || name == "cdk.out" || strings.HasPrefix(name, ".") && name != ".github"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		found[relative] = page.Parse(relative, text)
		return nil
	})
	return found, err
})

// pages returns the pages by their paths.
func pages(t *testing.T) map[string]*page.Page {
	t.Helper()
	found, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 18 {
		t.Fatalf("got %d pages, expected README.md and those of docs", len(found))
	}
	return found
}
