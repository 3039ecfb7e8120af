// Package s3store keeps the reports of a job and the items of reruns in S3.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
)

// Store is S3. Its errors say what to do.
type Store struct {
	Client *s3.Client
	Region string // of the client
}

// Open opens an object, which is read on after a connection broke.
func (s *Store) Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error) {
	return s.OpenAt(ctx, at, 0)
}

// OpenAt opens an object after its first bytes. If it has no more, the reader is empty.
func (s *Store) OpenAt(ctx context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	object, err := s3object.New(s.Client).OpenAt(ctx, at.Bucket, at.Key, bytes)
	if err == nil {
		return object, nil
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && bytes > 0 && api.ErrorCode() == "InvalidRange" {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchKey" {
		return nil, &fs.PathError{Op: "reading", Path: "s3://" + at.Bucket + "/" + at.Key, Err: fs.ErrNotExist}
	}
	return nil, awserror.Explain(err, s.Region, arnOf(at))
}

// Keys yields the keys in a folder.
func (s *Store) Keys(ctx context.Context, folder protocol.Folder) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range s3object.New(s.Client).Keys(ctx, folder.Bucket, folder.Prefix+"/") {
			if !yield(key, awserror.Explain(err, s.Region, "arn:aws:s3:::"+folder.Bucket)) || err != nil {
				return
			}
		}
	}
}

// smallObject is the size of an object that is written with one request.
const smallObject = 5 << 20

// Create writes an object.
func (s *Store) Create(ctx context.Context, at protocol.Object, metadata map[string]string, from io.Reader) error {
	head, err := io.ReadAll(io.LimitReader(from, smallObject))
	if err != nil {
		return err
	}
	put := &s3.PutObjectInput{Bucket: &at.Bucket, Key: &at.Key, Metadata: metadata}
	if len(head) < smallObject {
		put.Body = bytes.NewReader(head)
		_, err = s.Client.PutObject(ctx, put)
	} else {
		put.Body = io.MultiReader(bytes.NewReader(head), from)
		_, err = manager.NewUploader(s.Client, func(u *manager.Uploader) { u.Concurrency = 2 }).Upload(ctx, put)
	}
	return awserror.Explain(err, s.Region, arnOf(at))
}

func arnOf(at protocol.Object) string { return "arn:aws:s3:::" + at.Bucket + "/" + at.Key }
