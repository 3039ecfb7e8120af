package objects

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Upload stores a file as the object with a key, or the files of a folder, whose
// paths below it are their keys, after the key as a prefix if there is one. It
// returns how many it has stored.
func Upload(ctx context.Context, store Store, bucket, key, from string) (count int, err error) {
	info, err := os.Stat(from)
	if err != nil {
		return 0, err
	}
	if !info.IsDir() {
		return 1, uploadFile(ctx, store, bucket, key, from)
	}
	if key != "" && !strings.HasSuffix(key, "/") {
		key += "/"
	}
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(path) // of what a link leads to
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() { // to open a pipe would wait without end
			return fmt.Errorf("%s: got %s, expected a file or a folder", path, info.Mode().Type())
		}
		below, err := filepath.Rel(from, path)
		if err == nil {
			err = uploadFile(ctx, store, bucket, key+filepath.ToSlash(below), path)
		}
		if err == nil {
			count++
		}
		return err
	})
	return count, err
}

func uploadFile(ctx context.Context, store Store, bucket, key, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	object, err := store.Create(ctx, bucket, key)
	if err != nil {
		return err
	}
	_, err = io.Copy(object, file)
	if err = Finish(object, err); err != nil {
		return fmt.Errorf("storing %s as %s: %w", path, key, err)
	}
	return nil
}
