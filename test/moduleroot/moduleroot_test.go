package moduleroot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	outer, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(outer, "a", "b")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inner)
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), inner) {
		t.Errorf("got error %v, expected one that names %s", err, inner)
	}
	for _, folder := range []string{outer, filepath.Join(outer, "a"), inner} { // the nearest one counts
		if err := os.WriteFile(filepath.Join(folder, "go.mod"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if root, err := Find(); err != nil || root != folder {
			t.Errorf("got %s and error %v, expected %s", root, err, folder)
		}
	}
}
