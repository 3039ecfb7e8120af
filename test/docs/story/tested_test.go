package story_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mapjob/mapjob/test/docs/story"
)

func TestTestedIn(t *testing.T) {
	root := t.TempDir()
	text := "<!-- tested: a/b -->\n```sh\none   # first\ntwo --x 'y z'\n```\n\n```sh\nthree\n```\n\n<!-- tested: a/c -->\n```sh\nfour\n```\n\n<!-- tested: a/b -->\n```sh\nfive\n```\n"
	if err := os.WriteFile(filepath.Join(root, "p.md"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := story.TestedIn("a/b", root, "p.md")
	if expected := []string{"one", "two --x 'y z'", "five"}; err != nil || !slices.Equal(got, expected) {
		t.Errorf("got %q and error %v, expected %q", got, err, expected)
	}
	if got, err := story.TestedIn("a", root, "p.md"); err == nil {
		t.Errorf("got %q, expected an error for a folder that the page does not name", got)
	}
}
