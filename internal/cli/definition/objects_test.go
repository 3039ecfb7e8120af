package definition

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAnObjectIsThereAsAWhole(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	store, err := openObjectFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	keys := func() (list []string) {
		for o, err := range store.List(t.Context(), "bucket", "") {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, o.Key)
		}
		return list
	}
	write := func() io.WriteCloser {
		w, err := store.Create(t.Context(), "bucket", "results/a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "text"); err != nil {
			t.Fatal(err)
		}
		if got := keys(); len(got) > 0 {
			t.Errorf("got the objects %v while one is written, expected none", got)
		}
		return w
	}
	if err := write().(interface{ Abort() error }).Abort(); err != nil {
		t.Fatal(err)
	}
	if err := write().Close(); err != nil {
		t.Fatal(err)
	}
	if got := keys(); len(got) != 1 || got[0] != "results/a" {
		t.Errorf("got the objects %v, expected results/a", got)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("got %v and error %v in the folder, expected the bucket alone", left, err)
	}
}
