package job

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"

	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/s3object"
)

// resultStore lets package results read from S3.
type resultStore struct{ *s3object.Store }

func (s resultStore) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s.Store.Open(ctx, bucket, key)
	if named, ok := errors.AsType[smithy.APIError](err); ok && slices.Contains([]string{"NoSuchKey", "NoSuchBucket", "AccessDenied"}, named.ErrorCode()) {
		return nil, absent{err}
	}
	if err != nil {
		return nil, err
	}
	return object, nil
}

// absent is the error of an object that does not exist. To a role that may not list
// the bucket S3 says the same of an object that may not be read.
type absent struct{ error }

func (e absent) Unwrap() []error { return []error{e.error, fs.ErrNotExist} }
