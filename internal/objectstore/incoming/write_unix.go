//go:build unix

package incoming

import (
	"io/fs"
	"syscall"
)

// writeFile creates a file with a content. It calls the system itself: [os.OpenFile]
// prepares files for polling first, which takes as long as the rest.
func writeFile(path string, content []byte) error {
	var fd int
	err := retried(func() (err error) {
		fd, err = syscall.Open(path, syscall.O_CREAT|syscall.O_EXCL|syscall.O_WRONLY|syscall.O_CLOEXEC, 0o600)
		return err
	})
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	err = writeAll(fd, content)
	if closed := syscall.Close(fd); err == nil { // is not to be repeated
		err = closed
	}
	if err != nil {
		_ = syscall.Unlink(path)
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

func writeAll(fd int, content []byte) (err error) {
	for err == nil && len(content) > 0 {
		err = retried(func() error {
			n, err := syscall.Write(fd, content)
			content = content[max(n, 0):]
			return err
		})
	}
	return err
}

// rename renames a file. [os.Rename] takes longer: it looks at the new path first.
func rename(from, to string) error {
	if err := retried(func() error { return syscall.Rename(from, to) }); err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return nil
}

// retried repeats a call that a signal interrupts.
func retried(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR { //nolint:errorlint // the system's own error
			return err
		}
	}
}
