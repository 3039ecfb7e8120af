package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/mapjob/mapjob/internal/memory/s3/core"
	"github.com/mapjob/mapjob/internal/objects"
)

// Open, List and Create implement [objects.Store].

// Open reads an object.
func (s *Store) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	o, err := s.core.Find(bucket, key)
	if err != nil {
		return nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, named(err))
	}
	return opened{bytes.NewReader(o.Content)}, nil
}

// opened is the content of an object. Its length is known.
type opened struct{ *bytes.Reader }

func (opened) Close() error { return nil }

// List yields the objects whose keys begin with a prefix.
func (s *Store) List(_ context.Context, bucket, prefix string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		for after, more := "", true; more; {
			found, err := s.core.List(bucket, prefix, "", after, core.MaxList)
			if err != nil {
				yield(objects.Info{}, fmt.Errorf("s3://%s: %w", bucket, named(err)))
				return
			}
			for _, o := range found.Objects {
				if !yield(objects.Info{Key: o.Key, Size: int64(len(o.Content)), ETag: o.ETag(), LastModified: o.Modified, StorageClass: "STANDARD"}, nil) {
					return
				}
			}
			after, more = found.Next, found.Next != ""
		}
	}
}

// Create writes an object. It is there, as a whole, when Close has succeeded.
func (s *Store) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	if err := s.core.HasBucket(bucket); err != nil {
		return nil, fmt.Errorf("s3://%s: %w", bucket, named(err))
	}
	return &pending{store: s, bucket: bucket, key: key}, nil
}

// pending is an object that is being written.
type pending struct {
	bytes.Buffer
	store       *Store
	bucket, key string
}

func (p *pending) Close() error {
	if err := p.store.core.Put(p.bucket, p.key, &core.Object{Content: p.Bytes()}, core.Conditions{}); err != nil {
		return fmt.Errorf("s3://%s/%s: %w", p.bucket, p.key, named(err))
	}
	return nil
}

// Abort gives the object up.
func (p *pending) Abort() error { return nil }

// named returns the error of package objects that says the same; err itself if there
// is none.
func named(err error) error {
	r, _ := errors.AsType[*core.Refusal](err)
	switch {
	case r == nil:
	case r.Code == "NoSuchKey":
		return objects.ErrNoObject
	case r.Code == "NoSuchBucket":
		return objects.ErrNoBucket
	}
	return err
}
