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
	if isAbsent(err) {
		return nil, absent{err}
	}
	if err != nil {
		return nil, err
	}
	return object, nil
}

// isAbsent reports whether S3 says that an object does not exist. To a role that may
// not list the bucket it says the same of an object that may not be read.
func isAbsent(err error) bool {
	named, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains([]string{"NoSuchKey", "NoSuchBucket", "AccessDenied"}, named.ErrorCode())
}

// absent is the error of such an object.
type absent struct{ error }

func (e absent) Unwrap() []error { return []error{e.error, fs.ErrNotExist} }
