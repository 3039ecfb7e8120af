package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/objects"
)

// Open, List and Create implement [objects.Store]: they do not go through
// HTTP.

// Open reads an object.
func (s *Store) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s.files.GetObject(bucket, key, nil)
	if err != nil {
		return nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, named(err))
	}
	return object.Contents, nil
}

// List yields the objects whose keys begin with a prefix.
func (s *Store) List(_ context.Context, bucket, prefix string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		if ok, err := s.files.BucketExists(bucket); err != nil || !ok {
			yield(objects.Info{}, fmt.Errorf("s3://%s: %w", bucket, objects.ErrNoBucket))
			return
		}
		// The backend has no pages: this is the whole list.
		list, err := s.files.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: prefix != "", Prefix: prefix}, gofakes3.ListBucketPage{})
		if err != nil {
			yield(objects.Info{}, named(err))
			return
		}
		for _, o := range list.Contents {
			info := objects.Info{Key: o.Key, Size: o.Size, ETag: o.ETag, LastModified: o.LastModified.Time, StorageClass: "STANDARD"}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Keys yields the keys that begin with a prefix.
func (s *Store) Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for object, err := range s.List(ctx, bucket, prefix) {
			if !yield(object.Key, err) || err != nil {
				return
			}
		}
	}
}

// Create writes an object. It is there, as a whole, when Close has succeeded.
func (s *Store) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	if ok, err := s.files.BucketExists(bucket); err != nil || !ok {
		return nil, fmt.Errorf("s3://%s: %w", bucket, objects.ErrNoBucket)
	}
	file, err := os.CreateTemp(s.files.parts, "object-")
	if err != nil {
		return nil, err
	}
	return &pendingObject{file: file, files: s.files, bucket: bucket, key: key}, nil
}

// pendingObject is an object that is being written.
type pendingObject struct {
	file        *os.File
	files       *files
	bucket, key string
}

func (p *pendingObject) Write(text []byte) (int, error) { return p.file.Write(text) }

func (p *pendingObject) Close() error {
	defer os.Remove(p.file.Name())
	size, err := p.file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = p.file.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = p.files.PutObject(p.bucket, p.key, map[string]string{}, p.file, size, nil)
	}
	return errors.Join(err, p.file.Close())
}

// Abort gives the object up.
func (p *pendingObject) Abort() error {
	return errors.Join(p.file.Close(), os.Remove(p.file.Name()))
}

// named returns the error of package objects that says the same; err itself if
// there is none.
func named(err error) error {
	switch {
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey):
		return objects.ErrNoObject
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket):
		return objects.ErrNoBucket
	}
	return err
}
