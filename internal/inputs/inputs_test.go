package inputs

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/reads"
)

// A folder whose entries vanish while it is read is still a folder.
func TestAFolderIsReadWhilePartsOfItVanish(t *testing.T) {
	for name, gone := range map[string]string{"a file": "b/file", "a folder": "b", "a file of the same folder": "c"} {
		t.Run(name, func(t *testing.T) {
			for _, access := range []string{reads.Whole, Project} {
				folder := t.TempDir()
				for _, path := range []string{"a", "b/file", "c"} {
					if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(folder, path), nil, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				seen := map[string]bool{}
				state, err := Input{Access: access, Path: folder}.now(func(path string, _ fs.FileInfo) (string, error) {
					seen[filepath.Base(path)] = true
					return "", os.RemoveAll(filepath.Join(folder, gone))
				})
				if err != nil || state == "nothing" {
					t.Errorf("%s: got state %q and error %v, expected that of a folder", access, state, err)
				}
				if !seen["a"] || !seen["c"] && gone != "c" {
					t.Errorf("%s: got %v, expected that the rest is read", access, seen)
				}
			}
		})
	}
}

func TestAFolderThatIsGoneIsNothing(t *testing.T) {
	state, err := Input{Access: reads.Whole, Path: filepath.Join(t.TempDir(), "gone")}.Now()
	if err != nil || state != "nothing" {
		t.Errorf("got state %q and error %v, expected nothing", state, err)
	}
}
