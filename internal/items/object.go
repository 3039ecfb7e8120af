package itemsource

import (
	"context"
	"errors"
	"io"

	"github.com/mapjob/mapjob/internal/s3object"
)

// object is an object of S3 whose errors have the names that a source's have.
type object struct{ *s3object.Object }

func open(ctx context.Context, bucket, key string) (*object, error) {
	o, err := s3object.Open(ctx, bucket, key)
	if err != nil {
		return nil, named(err)
	}
	return &object{o}, nil
}

func (o *object) Read(p []byte) (int, error) {
	n, err := o.Object.Read(p)
	if err != nil && err != io.EOF {
		err = named(err)
	}
	return n, err
}

// named tells what is wrong with the object from what is wrong with the way to
// it, and from what S3 refuses.
func named(err error) error {
	var incomplete *s3object.IncompleteObject
	if errors.As(err, &incomplete) {
		return failed("%v", incomplete)
	}
	return err
}
