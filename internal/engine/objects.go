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
	// Open reads an object. The error is or wraps [ErrNoObject] if the object
	// does not exist, and [ErrNoBucket] if the bucket does not.
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// List yields the objects whose key starts with prefix, in the order of
	// their keys.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[ObjectInfo, error]
	// Create writes an object, which exists when Close has returned nil. If the
	// writer has a method Abort() error, it is called instead of Close when the
	// object is not wanted any more.
	Create(ctx context.Context, bucket, key string) (io.WriteCloser, error)
}

// ObjectInfo is an object of a list.
type ObjectInfo = items.Object

// The errors that [Objects] returns.
var (
	ErrNoObject = errors.New("the object does not exist")
	ErrNoBucket = errors.New("the bucket does not exist")
)
