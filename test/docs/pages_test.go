// Package docs tests the pages of the project: that their links lead somewhere, that
// their code compiles, and that their commands do what the pages say.
package docs

import (
	"sync"
	"testing"

	"github.com/mapjob/mapjob/test/docs/page"
)

const root = "../.."

// read reads all pages once.
var read = sync.OnceValues(func() (map[string]*page.Page, error) { return page.Tree(root) })

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
