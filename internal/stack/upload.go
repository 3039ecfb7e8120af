package stack

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/objects"
)

// BucketAndKey splits BUCKET or BUCKET/KEY, where BUCKET is named as for
// [Stack.Table]. It reports false if that is no bucket of the stack.
func (s *Stack) BucketAndKey(name string) (bucket, key string, ok bool) {
	buckets := s.template.Resources(bucketType)
	for end := len(name); end > 0; end = strings.LastIndex(name[:end], "/") {
		if found := s.template.Matching(name[:end], buckets); len(found) == 1 {
			return found[0].PhysicalName(), strings.TrimPrefix(name[end:], "/"), true
		}
	}
	return "", "", false
}

// Upload stores a file as the object with a key, or the files of a folder, whose
// paths below it are their keys, after the key as a prefix if there is one. It
// returns how many it has stored.
func (s *Stack) Upload(ctx context.Context, bucket, key, from string) (count int, err error) {
	info, err := os.Stat(from)
	if err != nil {
		return 0, err
	}
	if !info.IsDir() {
		return 1, s.uploadFile(ctx, bucket, key, from)
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
			err = s.uploadFile(ctx, bucket, key+filepath.ToSlash(below), path)
		}
		if err == nil {
			count++
		}
		return err
	})
	return count, err
}

func (s *Stack) uploadFile(ctx context.Context, bucket, key, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	object, err := s.objects.Create(ctx, bucket, key)
	if err != nil {
		return err
	}
	_, err = io.Copy(object, file)
	if err = objects.Finish(object, err); err != nil {
		return fmt.Errorf("storing %s as %s: %w", path, key, err)
	}
	return nil
}
