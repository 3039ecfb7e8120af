package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/objectstore/keypath"
	"github.com/mapjob/mapjob/internal/protocol"
)

// files are the folders of runs, whose objects are read while nothing runs.
type files []string

// Open opens an object of the first run that has it: its key has the name of the
// execution.
func (f files) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	for _, folder := range f {
		for _, naming := range []keypath.Naming{{Folds: false}, {Folds: true}} {
			file, err := os.Open(filepath.Join(folder, "s3", "buckets", at.Bucket, filepath.FromSlash(naming.Path(at.Key))))
			if !errors.Is(err, fs.ErrNotExist) {
				return file, err
			}
		}
	}
	return nil, fmt.Errorf("s3://%s/%s: %w in .mapjob/runs", at.Bucket, at.Key, fs.ErrNotExist)
}

var errReadOnly = errors.New("the objects of runs are written by their parts only")

// Create is refused.
func (f files) Create(context.Context, protocol.Object, map[string]string, io.Reader) error {
	return errReadOnly
}
