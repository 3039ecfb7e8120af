package incoming

import (
	"errors"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// create creates a file with a content at a path, and reports whether it did. It does
// not if a file is there. The file has no name until it is whole: that takes half the
// time of a name in another folder, of which the file system has to know, too.
func (f *Folder) create(path string, content []byte) bool {
	if f.named.Load() {
		return false
	}
	var fd int
	err := retried(func() (err error) {
		fd, err = syscall.Open(filepath.Dir(path), unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
		return err
	})
	if err != nil {
		// What open(2) says of kernels and file systems without such files.
		if errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EOPNOTSUPP) {
			f.named.Store(true)
		}
		return false
	}
	defer syscall.Close(fd)
	if writeAll(fd, content) != nil {
		return false
	}
	err = retried(func() error { return unix.Linkat(fd, "", unix.AT_FDCWD, path, unix.AT_EMPTY_PATH) })
	if errors.Is(err, syscall.ENOENT) { // before Linux 6.10 that needs a capability
		unnamed := "/proc/self/fd/" + strconv.Itoa(fd)
		err = retried(func() error { return unix.Linkat(unix.AT_FDCWD, unnamed, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW) })
	}
	return err == nil
}
