// Package stored opens objects and reports in the folders of runs that have ended.
package stored

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/objectstore/keypath"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/regular"
)

// Objects holds the folders of runs, whose objects it opens.
type Objects []string

// Open opens an object of the first run that has it. The key of an object contains the
// name of its execution, so no other run has the same one.
func (o Objects) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	for _, folder := range o {
		for _, naming := range []keypath.Naming{{Folds: false}, {Folds: true}} {
			file, err := regular.Open(filepath.Join(folder, "s3", "buckets", at.Bucket, filepath.FromSlash(naming.Path(at.Key))))
			if !errors.Is(err, fs.ErrNotExist) {
				return file, err
			}
		}
	}
	return nil, fmt.Errorf("s3://%s/%s: %w in .mapjob/runs", at.Bucket, at.Key, fs.ErrNotExist)
}

// Keys yields the keys in a folder. The first run that has the folder has all of it.
func (o Objects) Keys(_ context.Context, at protocol.Folder) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var folders keypath.Folders
		for _, folder := range o {
			for _, naming := range []keypath.Naming{{Folds: false}, {Folds: true}} {
				inside := path.Dir(naming.Path(at.Prefix + "/-"))
				if inside == keypath.LongFolder {
					yield("", fmt.Errorf("s3://%s/%s/: its files in .mapjob/runs are not listed: the path is too long", at.Bucket, at.Prefix))
					return
				}
				entries, err := folders.Read(filepath.Join(folder, "s3", "buckets", at.Bucket, filepath.FromSlash(inside)), naming)
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					yield("", err)
					return
				}
				for _, entry := range entries {
					if !strings.HasSuffix(entry.Part, "/") && !yield(at.Prefix+"/"+entry.Part, nil) {
						return
					}
				}
				return
			}
		}
	}
}

// OpenAt opens an object after its first bytes.
func (o Objects) OpenAt(ctx context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	return skip(bytes)(o.Open(ctx, at))
}

// skip returns what passes over the first bytes of a file.
func skip(bytes int64) func(io.ReadCloser, error) (io.ReadCloser, error) {
	return func(file io.ReadCloser, err error) (io.ReadCloser, error) {
		if err != nil {
			return nil, err
		}
		seeker, ok := file.(io.Seeker)
		if !ok {
			return nil, errors.Join(fmt.Errorf("got a %T, expected a file", file), file.Close())
		}
		if _, err := seeker.Seek(bytes, io.SeekStart); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return file, nil
	}
}

var errReadOnly = errors.New("the objects of runs are written by their parts only")

// Create is refused.
func (Objects) Create(context.Context, protocol.Object, map[string]string, io.Reader) error {
	return errReadOnly
}

// Report holds the folder of a run, whose report it opens: that of mapjob run, which
// counts items itself.
type Report string

// Open opens a file of the report.
func (r Report) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	return regular.Open(filepath.Join(string(r), path.Base(at.Key)))
}

// OpenAt opens a file of the report after its first bytes.
func (r Report) OpenAt(ctx context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	return skip(bytes)(r.Open(ctx, at))
}

// Keys yields none: a report has no folders.
func (Report) Keys(context.Context, protocol.Folder) iter.Seq2[string, error] {
	return func(func(string, error) bool) {}
}

// Create is refused.
func (Report) Create(context.Context, protocol.Object, map[string]string, io.Reader) error {
	return errReadOnly
}
