// Package objectstore is Amazon S3 on this machine. Objects are files: they take
// no memory, and users can look at them.
package objectstore

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/loopback"
)

// Store keeps buckets and objects in a folder, and serves them as an
// [http.Handler] that speaks the protocol of S3. It is safe for concurrent use.
type Store struct {
	files  *files
	server http.Handler
}

// Written is called after a client has written an object, whole or in parts,
// from the goroutine of the request. An object that is written twice is
// reported twice.
type Written func(bucket, key string)

// New makes a store in a folder. Written may be nil.
func New(folder string, written Written) (*Store, error) {
	files, err := newFiles(folder)
	if err != nil {
		return nil, err
	}
	s := &Store{files: files}
	server := gofakes3.New(files, gofakes3.WithLogger(gofakes3.DiscardLog()), gofakes3.WithTimeSkewLimit(0), gofakes3.WithoutVersioning()).Server()
	s.server = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if serveUnsupported(w, r) || serveMalformed(w, r) || files.serveOther(w, r) || lists(r) && files.serveList(w, r) {
			return
		}
		files.keepConditions(r)
		server.ServeHTTP(w, r)
	})
	if written != nil {
		s.server = reporting(s.server, written)
	}
	s.server = loopback.Only(s.server)
	return s, nil
}

// ServeHTTP answers a request of the API, if a program of this machine has sent
// it.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }

// CreateBucket creates a bucket.
func (s *Store) CreateBucket(name string) error {
	if err := s.files.CreateBucket(name); err != nil {
		return fmt.Errorf("creating bucket %s: %w", name, err)
	}
	return nil
}

// BucketFolder returns the folder in which the objects of a bucket are files.
func (s *Store) BucketFolder(name string) string { return filepath.Join(s.files.buckets, name) }

// reporting calls written after each request that wrote an object.
func reporting(server http.Handler, written Written) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		server.ServeHTTP(answer, r)
		query := r.URL.Query()
		whole := r.Method == http.MethodPut && !query.Has("partNumber")
		last := r.Method == http.MethodPost && query.Has("uploadId")
		bucket, key, object := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if object && key != "" && (whole || last) && answer.status == http.StatusOK {
			written(bucket, key)
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
