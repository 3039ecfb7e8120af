package runtimes

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Unpack returns the folder of code or of a layer: the path itself if it is a
// folder, else the new folder into which it unpacks the archive there.
func Unpack(path, into string) (folder string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return path, nil
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return "", fmt.Errorf("got %s, expected a folder or a zip file: %w", path, err)
	}
	defer archive.Close()
	if err := os.MkdirAll(into, 0o700); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(into) // no name of the archive leads out of it
	if err != nil {
		return "", err
	}
	defer root.Close()
	for _, file := range archive.File {
		if err := unpackFile(root, file); err != nil {
			return "", fmt.Errorf("unpacking %s: %s: %w", path, file.Name, err)
		}
	}
	return into, nil
}

// maxLink is the most bytes that the target of a symbolic link has (PATH_MAX).
const maxLink = 4096

func unpackFile(root *os.Root, file *zip.File) error {
	name := filepath.FromSlash(file.Name)
	if file.Mode().IsDir() {
		return root.MkdirAll(name, 0o700)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	from, err := file.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	if file.Mode()&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(io.LimitReader(from, maxLink))
		if err != nil {
			return err
		}
		return root.Symlink(string(target), name)
	}
	to, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, file.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
