package mapresults

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Store is where the files are written.
type Store interface {
	// Create writes an object, which exists when Close has returned nil. If the
	// writer has a method Abort() error, it is called instead of Close when the
	// object is not wanted any more.
	Create(ctx context.Context, bucket, key string) (io.WriteCloser, error)
}

// Destination is an evaluated ResultWriter.
type Destination struct {
	Bucket         string
	Prefix         string
	OutputType     string // JSON or JSONL
	Transformation string // NONE, COMPACT or FLATTEN
}

// Files writes the files of a ResultWriter (developer guide, "ResultWriter"):
// SUCCEEDED_n, FAILED_n and PENDING_n under PREFIX/ID/, and manifest.json beside
// them. A child's result goes to its file when the child ends.
//
// Its methods are for one goroutine at a time.
type Files struct {
	ctx       context.Context
	store     Store
	bucket    string
	folder    string // with a slash at the end
	mapRunARN string
	lines     bool
	succeeded resultFile
	failed    resultFile
	pending   resultFile
	results   int
	stored    bool
}

// NewFiles prepares the files of a Map Run. Nothing is written before the first
// result.
func NewFiles(ctx context.Context, store Store, to Destination, mapRunARN, id string) *Files {
	folder := to.Prefix
	if folder != "" && !strings.HasSuffix(folder, "/") {
		folder += "/"
	}
	f := &Files{ctx: ctx, store: store, bucket: to.Bucket, folder: folder + id + "/", mapRunARN: mapRunARN, lines: to.OutputType == "JSONL"}
	f.succeeded = resultFile{files: f, name: "SUCCEEDED", transformation: to.Transformation}
	f.failed = resultFile{files: f, name: "FAILED"}
	f.pending = resultFile{files: f, name: "PENDING"}
	return f
}

// Add writes the result of a child.
func (f *Files) Add(c *Child) {
	f.results++
	if c.Status == succeeded {
		f.succeeded.add(c)
	} else {
		f.failed.write(c.describe())
	}
}

// AddPending writes the input of a child that was not started.
func (f *Files) AddPending(input any) {
	f.results++
	f.pending.write(describePending(input))
}

// Close finishes the files and writes the manifest. It blocks until the store
// has them.
func (f *Files) Close() error {
	keys := value.NewObject()
	for _, file := range []*resultFile{&f.failed, &f.pending, &f.succeeded} {
		if err := file.close(); err != nil {
			return err
		}
		list := []any{}
		for _, done := range file.done {
			list = append(list, value.NewObject("Key", done.key, "Size", float64(done.size)))
		}
		keys.Set(file.name, list)
	}
	manifest := value.NewObject("DestinationBucket", f.bucket, "MapRunArn", f.mapRunARN, "ResultFiles", keys)
	bucket, key := f.Manifest()
	out, err := f.store.Create(f.ctx, bucket, key)
	if err != nil {
		return err
	}
	_, err = out.Write(value.Encode(manifest))
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	f.stored = true
	return nil
}

// Discard gives up what was written and not closed.
func (f *Files) Discard() {
	for _, file := range []*resultFile{&f.succeeded, &f.failed, &f.pending} {
		file.discard()
	}
}

// Result returns the result of the Map state.
func (f *Files) Result() any {
	bucket, key := f.Manifest()
	return value.NewObject("MapRunArn", f.mapRunARN, "ResultWriterDetails", value.NewObject("Bucket", bucket, "Key", key))
}

// Manifest returns the address of the manifest.
func (f *Files) Manifest() (bucket, key string) { return f.bucket, f.folder + "manifest.json" }

// Written returns the number of results in the files: 0 until Close has
// succeeded.
func (f *Files) Written() int {
	if !f.stored {
		return 0
	}
	return f.results
}
