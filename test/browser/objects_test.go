package browser

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/protocol"
)

// objects are the files of a folder.
type objects string

func (o objects) Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error) {
	return o.OpenAt(ctx, at, 0)
}

func (o objects) OpenAt(_ context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(string(o), filepath.Base(at.Key)))
	if err != nil {
		return nil, err
	}
	_, err = file.Seek(bytes, io.SeekStart)
	return file, err
}

func (objects) Keys(context.Context, protocol.Folder) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", fs.ErrPermission) }
}

func (objects) Create(context.Context, protocol.Object, map[string]string, io.Reader) error {
	return fs.ErrPermission
}
