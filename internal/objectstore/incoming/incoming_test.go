package incoming

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileMovesAsAWholeAndLeavesNothing(t *testing.T) {
	for name, named := range map[string]bool{"without a name at first": false, "named at once": true} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			folder, err := New(filepath.Join(base, "incoming"))
			if err != nil {
				t.Fatal(err)
			}
			folder.named.Store(named)
			move := func(content, to string) error {
				file, err := folder.Receive(strings.NewReader(content), int64(len(content)))
				if err != nil {
					t.Fatal(err)
				}
				if err = file.Move(to); errors.Is(err, fs.ErrNotExist) { // can be tried again
					if err = os.Mkdir(filepath.Dir(to), 0o700); err == nil {
						err = file.Move(to)
					}
				}
				return err
			}
			elsewhere, link := filepath.Join(base, "elsewhere"), filepath.Join(base, "objects", "link")
			for _, step := range []struct{ to, content string }{
				{filepath.Join(base, "objects", "a"), "first"},
				{filepath.Join(base, "objects", "a"), "second"},
				{filepath.Join(base, "objects", "empty"), ""},
				{elsewhere, "of a user"},
				{link, "in place of the link"},
			} {
				if step.to == link {
					if err := os.Symlink(elsewhere, link); err != nil {
						t.Fatal(err)
					}
				}
				if err := move(step.content, step.to); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(step.to); string(got) != step.content {
					t.Errorf("got %q (%v) in %s, expected %q", got, err, step.to, step.content)
				}
			}
			if got, err := os.ReadFile(elsewhere); string(got) != "of a user" {
				t.Errorf("got %q (%v), expected a link's file to stay", got, err)
			}
			if left, err := os.ReadDir(folder.path); err != nil || len(left) > 0 {
				t.Errorf("got %v (%v) in the folder, expected nothing", left, err)
			}
		})
	}
}

func TestAFileThatIsGivenUpLeavesNothing(t *testing.T) {
	folder, err := New(filepath.Join(t.TempDir(), "incoming"))
	if err != nil {
		t.Fatal(err)
	}
	for _, written := range []bool{false, true} {
		file, err := folder.Receive(strings.NewReader("content"), 7)
		if err == nil && written {
			_, err = file.Path()
		}
		if err = errors.Join(err, file.Remove()); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(folder.path); err != nil || len(left) > 0 {
		t.Errorf("got %v (%v), expected nothing", left, err)
	}
}
