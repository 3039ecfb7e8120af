package engine

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/mapjob/mapjob/internal/items"
)

// Objects is the object store from which a Map reads items and to which it
// writes results.
type Objects interface {
	// Open reads an object. The error of one that is not there is, or wraps,
	// [ErrNoObject]; of a bucket that is not there [ErrNoBucket].
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// List yields the objects whose key starts with prefix, in the order of
	// their keys.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[ObjectInfo, error]
	// Create writes an object, which is there when Close has returned without
	// an error. A writer that has a method Abort() error is aborted in place of
	// being closed when the object is not wanted any more.
	Create(ctx context.Context, bucket, key string) (io.WriteCloser, error)
}

// ObjectInfo is an object of a list.
type ObjectInfo = items.Object

// What [Objects] reports by name.
var (
	ErrNoObject = errors.New("the object does not exist")
	ErrNoBucket = errors.New("the bucket does not exist")
)
