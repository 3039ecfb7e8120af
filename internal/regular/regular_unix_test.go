//go:build unix

package regular_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mapjob/mapjob/internal/regular"
)

func TestOnlyRegularFilesAreRead(t *testing.T) {
	t.Chdir(t.TempDir()) // the address of a socket is short
	if err := os.WriteFile("file", []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{syscall.Mkfifo("pipe", 0o600), os.Mkdir("folder", 0o700), os.Symlink("file", "link"), os.Symlink("pipe", "link to pipe")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for name, expected := range map[string]string{
		"file": "", "link": "",
		"pipe": "a named pipe", "link to pipe": "a named pipe", "folder": "a folder", "socket": "a socket", os.DevNull: "a device",
	} {
		text, err := regular.ReadFile(name)
		if expected == "" {
			if string(text) != "text" || err != nil {
				t.Errorf("%s: got %q and %v, expected its text", name, text, err)
			}
			continue
		}
		if err == nil || err.Error() != "open "+name+": got "+expected+", expected a regular file" {
			t.Errorf("%s: got %v, expected %s", name, err, expected)
		}
	}
	if _, err := regular.Open(filepath.Join("folder", "none")); !errors.Is(err, fs.ErrNotExist) || err.Error() != "open folder/none: no such file or directory" {
		t.Errorf("got %v for a file that does not exist", err)
	}
}
