package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/spf13/afero"
)

// objectStore is the S3 of this machine. Objects are files, so that they take
// no memory and can be looked at: BUCKET/KEY below its folder.
type objectStore struct {
	backend *diskBackend
	folder  string
	server  *http.Server
	url     string
}

// written is told of every object that a client has written, whole or in parts.
type written func(bucket, key string)

func (w written) watch(server http.Handler) http.Handler {
	if w == nil {
		return server
	}
	return http.HandlerFunc(func(response http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: response, status: http.StatusOK}
		server.ServeHTTP(answer, r)
		query := r.URL.Query()
		whole := r.Method == http.MethodPut && !query.Has("partNumber")
		last := r.Method == http.MethodPost && query.Has("uploadId")
		bucket, key, object := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if object && key != "" && (whole || last) && answer.status == http.StatusOK {
			w(bucket, key)
		}
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func startObjectStore(folder string, port int, told written) (*objectStore, error) {
	backend, err := newDiskBackend(folder)
	if err != nil {
		return nil, fmt.Errorf("starting S3: %w", err)
	}
	listener, err := listen("S3", "--s3-port", port)
	if err != nil {
		return nil, err
	}
	fake := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog()), gofakes3.WithTimeSkewLimit(0), gofakes3.WithoutVersioning())
	s := &objectStore{backend: backend, folder: filepath.Join(folder, "buckets"), url: "http://" + listener.Addr().String(),
		server: &http.Server{Handler: told.watch(fake.Server())}}
	go s.server.Serve(listener) // ends with Close
	return s, nil
}

func (s *objectStore) close() error { return s.server.Close() }

func (s *objectStore) createBucket(name string) error {
	if err := s.backend.CreateBucket(name); err != nil {
		return fmt.Errorf("creating bucket %s: %w", name, err)
	}
	return nil
}

// Open, List and Create are the engine's way to the objects, without HTTP.

func (s *objectStore) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s.backend.GetObject(bucket, key, nil)
	if err != nil {
		return nil, s3Error(err)
	}
	return object.Contents, nil
}

func (s *objectStore) List(_ context.Context, bucket, prefix string) iter.Seq2[engine.ObjectInfo, error] {
	return func(yield func(engine.ObjectInfo, error) bool) {
		if ok, err := s.backend.BucketExists(bucket); err != nil || !ok {
			yield(engine.ObjectInfo{}, fmt.Errorf("s3://%s: %w", bucket, engine.ErrNoBucket))
			return
		}
		// The backend knows no pages: this is the whole list.
		list, err := s.backend.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: prefix != "", Prefix: prefix}, gofakes3.ListBucketPage{})
		if err != nil {
			yield(engine.ObjectInfo{}, s3Error(err))
			return
		}
		for _, o := range list.Contents {
			info := engine.ObjectInfo{Key: o.Key, Size: o.Size, ETag: o.ETag, LastModified: o.LastModified.Time, StorageClass: "STANDARD"}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Create writes to a file first: an object is there as a whole or not at all.
func (s *objectStore) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	if ok, err := s.backend.BucketExists(bucket); err != nil || !ok {
		return nil, fmt.Errorf("s3://%s: %w", bucket, engine.ErrNoBucket)
	}
	file, err := os.CreateTemp(s.backend.parts, "object-")
	if err != nil {
		return nil, err
	}
	return &pendingObject{file, s, bucket, key}, nil
}

type pendingObject struct {
	*os.File
	store       *objectStore
	bucket, key string
}

func (p *pendingObject) Close() error {
	defer os.Remove(p.Name())
	size, err := p.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = p.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = p.store.backend.PutObject(p.bucket, p.key, map[string]string{}, p.File, size, nil)
	}
	return errors.Join(err, p.File.Close())
}

func s3Error(err error) error {
	switch {
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey):
		return fmt.Errorf("%w: %w", engine.ErrNoObject, err)
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket):
		return fmt.Errorf("%w: %w", engine.ErrNoBucket, err)
	}
	return err
}

// diskBackend keeps objects and the parts of uploads in files. gofakes3's own
// way with parts is to hold them in memory.
type diskBackend struct {
	*s3afero.MultiBucketBackend
	parts string
	uploads
}

func newDiskBackend(folder string) (*diskBackend, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	objects, err := s3afero.MultiBucket(afero.NewBasePathFs(afero.NewOsFs(), folder))
	if err != nil {
		return nil, err
	}
	parts := filepath.Join(folder, "uploads")
	if err := os.MkdirAll(parts, 0o755); err != nil {
		return nil, err
	}
	return &diskBackend{MultiBucketBackend: objects, parts: parts}, nil
}

// DeleteBucket takes the folders for a bucket's objects, which stay when the
// objects have gone, for nothing.
func (d *diskBackend) DeleteBucket(name string) error {
	list, err := d.ListBucket(name, &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		return err
	}
	if len(list.Contents) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	return d.ForceDeleteBucket(name)
}
