// Package s3 is Amazon S3 in the memory of a test. It has three faces over the same
// objects: [objects.Store] for the engine, the methods of the SDK's client for the
// handler kit, and HTTP for every other client.
package s3

import "github.com/mapjob/mapjob/internal/memory/s3/core"

// Store is an S3. It is safe for concurrent use, and holds no lock while a body is read
// or written.
type Store struct {
	core *core.Store

	sdkHeaders map[string]string // of objects that the SDK writes, if a caller sets none
}

// New returns a store with buckets. If there are none, every bucket exists: a
// definition without a template does not say which ones it has.
func New(buckets ...string) *Store {
	return &Store{core: core.New(buckets...), sdkHeaders: map[string]string{"Content-Type": sdkType}}
}
