// Package regular opens regular files only. Opening a named pipe waits for a writer,
// and a device may yield bytes without end.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Open opens a regular file, or one that a link leads to.
func Open(name string) (*os.File, error) {
	if err := check(os.Stat(name)); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if err := check(file.Stat()); err != nil { // the file was replaced after the first check
		return nil, errors.Join(&fs.PathError{Op: "open", Path: name, Err: err}, file.Close())
	}
	return file, nil
}

// ReadFile reads a regular file.
func ReadFile(name string) (text []byte, err error) {
	file, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

func check(info fs.FileInfo, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	if err != nil {
		return err
	}
	what := "something else"
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return &KindError{what}
}

// KindError is returned for a path that leads to anything but a regular file.
type KindError struct {
	What string // "a folder", "a named pipe", …
}

func (e *KindError) Error() string { return "got " + e.What + ", expected a regular file" }
