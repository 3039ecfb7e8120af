package stack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/objects"
)

const bucketType = "AWS::S3::Bucket"

// Bucket is a bucket of the stack.
type Bucket struct {
	ID     string // short name of its construct
	Name   string // physical name
	Folder string // where its objects are files
}

// Buckets lists the stack's buckets.
func (s *Stack) Buckets() []Bucket {
	var list []Bucket
	for _, r := range s.template.Resources(bucketType) {
		name := r.PhysicalName()
		list = append(list, Bucket{s.template.ShortName(r), name, s.objects.BucketFolder(name)})
	}
	return list
}

// Open reads an object. The error names it.
func (s *Stack) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	return s.objects.Open(ctx, bucket, key)
}

// Keys yields the keys that begin with a prefix.
func (s *Stack) Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return s.objects.Keys(ctx, bucket, prefix)
}

// Read copies an object.
func (s *Stack) Read(ctx context.Context, bucket, key string, to io.Writer) error {
	object, err := s.objects.Open(ctx, bucket, key)
	if err != nil {
		return err
	}
	defer object.Close()
	_, err = io.Copy(to, object)
	return err
}

// Fetch copies an object to a file, as a whole or not at all.
func (s *Stack) Fetch(ctx context.Context, bucket, key, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(s.Read(ctx, bucket, key, file), file.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// StoreItems stores items for an [Execution].
func (s *Stack) StoreItems(ctx context.Context, items iter.Seq2[json.RawMessage, error]) (*jobstart.Items, error) {
	return jobstart.Store(ctx, s.objects, items)
}

// BucketAndKey splits BUCKET or BUCKET/KEY, where BUCKET is named as for
// [Stack.Table]. It reports false if that is no bucket of the stack.
func (s *Stack) BucketAndKey(name string) (bucket, key string, ok bool) {
	buckets := s.template.Resources(bucketType)
	for end := len(name); end > 0; end = strings.LastIndex(name[:end], "/") {
		if found := s.template.Matching(name[:end], buckets); len(found) == 1 {
			return found[0].PhysicalName(), strings.TrimPrefix(name[end:], "/"), true
		}
	}
	return "", "", false
}

// Upload stores a file, or the files of a folder, in a bucket, as [objects.Upload]
// does.
func (s *Stack) Upload(ctx context.Context, bucket, key, from string) (count int, err error) {
	return objects.Upload(ctx, s.objects, bucket, key, from)
}
