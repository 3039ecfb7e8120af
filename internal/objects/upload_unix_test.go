//go:build unix

package objects_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mapjob/mapjob/internal/objects"
)

// A pipe in a folder of objects is refused: to open it would wait without end.
func TestUploadRefusesPipes(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if count, err := objects.Upload(t.Context(), nil, "bucket", "", folder); err == nil || count != 0 || !strings.Contains(err.Error(), "pipe: got p---------, expected a file or a folder") {
		t.Errorf("got %d and %v, expected that the pipe is refused", count, err)
	}
}
