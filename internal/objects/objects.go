// Package objects says what an object store does for a run: the engine reads
// items from it and writes results to it, whatever keeps the objects.
package objects

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"

	"github.com/mapjob/mapjob/internal/items"
)

// Store is an object store.
type Store interface {
	// Open reads an object. The error is or wraps [ErrNoObject] if the object
	// does not exist, and [ErrNoBucket] if the bucket does not.
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// List yields the objects whose key starts with prefix, in the order of
	// their keys.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Info, error]
	// Create writes an object, which exists when Close has returned nil. If the
	// writer has a method Abort() error, it is called instead of Close when the
	// object is not wanted any more.
	Create(ctx context.Context, bucket, key string) (io.WriteCloser, error)
}

// Info is an object of a list.
type Info = items.Object

// The errors that a [Store] returns. ErrNoObject is an [fs.ErrNotExist].
var (
	ErrNoObject error = noObject{}
	ErrNoBucket       = errors.New("the bucket does not exist")
)

type noObject struct{}

func (noObject) Error() string        { return "the object does not exist" }
func (noObject) Is(target error) bool { return target == fs.ErrNotExist }

// Finish closes an object that was written, or gives it up if err says that it
// is not complete. It returns err with the error of that.
func Finish(object io.WriteCloser, err error) error {
	if err == nil {
		return object.Close()
	}
	if a, ok := object.(interface{ Abort() error }); ok {
		return errors.Join(err, a.Abort())
	}
	return errors.Join(err, object.Close())
}
