//go:build unix

package stack

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in a folder of objects is refused: to open it would wait without end.
func TestUploadRefusesPipes(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if count, err := (&Stack{}).Upload(t.Context(), "bucket", "", folder); err == nil || count != 0 || !strings.Contains(err.Error(), "pipe: got p---------, expected a file or a folder") {
		t.Errorf("got %d and %v, expected that the pipe is refused", count, err)
	}
}
