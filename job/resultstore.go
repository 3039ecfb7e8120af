package job

import (
	"context"
	"io"

	"github.com/mapjob/mapjob/internal/s3object"
)

// resultStore lets package results read from S3.
type resultStore struct{ *s3object.Store }

func (s resultStore) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s.Store.Open(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return object, nil
}
