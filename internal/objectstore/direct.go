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
	"github.com/mapjob/mapjob/internal/objectstore/incoming"
)

// Open, List and Create implement [objects.Store]: they do not go through
// HTTP.

// Open reads an object.
func (s *Store) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s.files.open(bucket, key)
	if err != nil {
		return nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, named(err))
	}
	return object.file, nil
}

// List yields the objects whose keys begin with a prefix.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		for key, err := range s.Keys(ctx, bucket, prefix) {
			var o *gofakes3.Content
			if err == nil {
				o, err = s.files.content(bucket, key)
			}
			if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) { // it was deleted
				continue
			}
			if err != nil {
				yield(objects.Info{}, err)
				return
			}
			if !yield(objects.Info{Key: o.Key, Size: o.Size, ETag: o.ETag, LastModified: o.LastModified.Time, StorageClass: "STANDARD"}, nil) {
				return
			}
		}
	}
}

// Keys yields the keys that begin with a prefix.
func (s *Store) Keys(_ context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folder, err := s.files.bucket(bucket)
		if err != nil {
			yield("", fmt.Errorf("s3://%s: %w", bucket, objects.ErrNoBucket))
			return
		}
		s.files.keys(folder, bucket, prefix, "")(yield)
	}
}

// Create writes an object. It is there, as a whole, when Close has succeeded.
func (s *Store) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	if ok, err := s.files.BucketExists(bucket); err != nil || !ok {
		return nil, fmt.Errorf("s3://%s: %w", bucket, objects.ErrNoBucket)
	}
	file, err := s.files.incoming.Create()
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
	info, err := p.file.Stat()
	if err = errors.Join(err, p.file.Close()); err != nil {
		return errors.Join(err, os.Remove(p.file.Name()))
	}
	return p.files.place(p.bucket, p.key, incoming.Written(p.file.Name(), info.Size()), nil, nil)
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
