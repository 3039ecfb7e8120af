package intrinsic

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentHasEveryFunction compares docs/states-language.md with the table of
// functions.
func TestDocumentHasEveryFunction(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/states-language.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, match := range regexp.MustCompile("(?m)^\\| `(States\\.[A-Za-z0-9]+)` \\| (there|differs)\\b.* \\|$").FindAllSubmatch(text, -1) {
		documented = append(documented, string(match[1]))
	}
	slices.Sort(documented)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(functions)), documented); diff != "" {
		t.Errorf("the document and the package differ (-package +document):\n%s", diff)
	}
}
