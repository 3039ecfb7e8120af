//go:build unix

package runs

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// Git ignores the runs also if the disk was full when the first one began.
func TestIgnoredAfterAFullDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	none := syscall.Rlimit{Cur: 0, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &none); err != nil {
		t.Fatal(err)
	}
	_, first := New()
	ignored := os.Symlink("/dev/null", filepath.Join(root, ".gitignore")) // a second one comes further
	_, second := New()
	if err := errors.Join(ignored, os.Remove(filepath.Join(root, ".gitignore")), syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)); err != nil {
		t.Fatal(err)
	}
	if first == nil || second == nil {
		t.Fatalf("got %v and %v although nothing can be written, expected errors", first, second)
	}
	folder, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	if text, err := os.ReadFile(filepath.Join(root, ".gitignore")); string(text) != "*\n" {
		t.Errorf("got %q and %v in .gitignore, expected *", text, err)
	}
	if entries, err := os.ReadDir(folders); len(entries) != 1 {
		t.Errorf("got %v and %v in %s, expected one folder", entries, err, folders)
	}
}
