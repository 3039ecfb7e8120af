// Package core keeps the buckets and objects of an S3 in memory, and says what it
// refuses.
package core

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Store keeps buckets and objects. It is safe for concurrent use, and holds its lock
// only while it looks at them.
type Store struct {
	mutex   sync.Mutex
	any     bool // a bucket exists as soon as a request names it
	buckets map[string]*bucket
	uploads map[string]*upload
	last    int // number of the upload that was created last
}

// New returns a store with buckets. If there are none, every bucket exists: a
// definition without a template does not say which ones it has.
func New(buckets ...string) *Store {
	s := &Store{any: len(buckets) == 0, buckets: map[string]*bucket{}, uploads: map[string]*upload{}}
	for _, name := range buckets {
		s.buckets[name] = newBucket()
	}
	return s
}

// bucket has objects, and the order of their keys as of the last list.
type bucket struct {
	created time.Time
	objects map[string]*Object
	keys    []string // nil if they have to be sorted again
}

func newBucket() *bucket { return &bucket{created: time.Now(), objects: map[string]*Object{}} }

func (b *bucket) sorted() []string {
	if b.keys == nil {
		b.keys = slices.Sorted(maps.Keys(b.objects))
	}
	return b.keys
}

// bucket returns a bucket. Callers hold the lock.
func (s *Store) bucket(name string) (*bucket, error) {
	b := s.buckets[name]
	if b == nil && s.any && name != "" {
		b = newBucket()
		s.buckets[name] = b
	}
	if b == nil {
		return nil, noSuchBucket()
	}
	return b, nil
}

// HasBucket returns the error of a bucket that does not exist.
func (s *Store) HasBucket(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, err := s.bucket(name)
	return err
}

// CreateBucket creates a bucket.
func (s *Store) CreateBucket(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.buckets[name] != nil {
		return Refuse(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	}
	s.buckets[name] = newBucket()
	return nil
}

// DeleteBucket deletes a bucket without objects.
func (s *Store) DeleteBucket(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	if len(b.objects) > 0 {
		return Refuse(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	}
	delete(s.buckets, name)
	return nil
}

// Bucket is a bucket in a list.
type Bucket struct {
	Name    string
	Created time.Time
}

// Buckets lists the buckets by their names.
func (s *Store) Buckets() (list []Bucket) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		list = append(list, Bucket{name, s.buckets[name].created})
	}
	return list
}
