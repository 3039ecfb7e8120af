package archive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAClosedRecorderHasNoOpenFiles looks at the files of this process: a folder with
// open files can't be removed on every system.
func TestAClosedRecorderHasNoOpenFiles(t *testing.T) {
	folder := t.TempDir()
	r := record(t, folder)
	start(t, r, "x", pass, `1`).Finish()
	closed(t, r)
	const all = "/proc/self/fd"
	entries, err := os.ReadDir(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if path, err := os.Readlink(filepath.Join(all, e.Name())); err == nil && strings.HasPrefix(path, folder) {
			t.Errorf("got %s open, expected it closed", path)
		}
	}
	if got := execution(t, r.Archive(), prefix+"x"); got.Input != "1" {
		t.Errorf("got %+v, expected that a closed archive can be read", got)
	}
	closed(t, r.Archive())
}
