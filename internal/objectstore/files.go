package objectstore

import (
	"os"
	"path/filepath"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/spf13/afero"
)

// files keeps objects and the parts of uploads in files. gofakes3 itself would
// hold the parts in memory.
type files struct {
	*s3afero.MultiBucketBackend
	uploads uploads
	parts   string // folder of what is being written
}

func newFiles(folder string) (*files, error) {
	parts := filepath.Join(folder, "uploads")
	if err := os.MkdirAll(parts, 0o700); err != nil {
		return nil, err
	}
	objects, err := s3afero.MultiBucket(afero.NewBasePathFs(afero.NewOsFs(), folder))
	if err != nil {
		return nil, err
	}
	return &files{MultiBucketBackend: objects, parts: parts}, nil
}

// DeleteBucket deletes a bucket without objects. Folders that are left of their
// keys do not count.
func (f *files) DeleteBucket(name string) error {
	list, err := f.ListBucket(name, &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		return err
	}
	if len(list.Contents) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	return f.ForceDeleteBucket(name)
}
