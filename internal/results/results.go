// Package results reads the outcomes of a job's items from what Step Functions
// and the workers stored. It reads them from any [Store]: S3 for the
// summary, the local S3 or AWS for the command.
//
// A caller may read all results or a part of them:
//
//   - [Reader.Results] reads the results that a summary is invoked with: the list of
//     an Inline job, or the results of a Map Run.
//   - [Reader.MapRun] reads the manifest of a Map Run's last redrive, and the
//     SUCCEEDED, FAILED and PENDING files that the manifest names.
//   - [Reader.Answer] and [Reader.FailedChild] read one child execution, as soon as it
//     has ended: its output, or the batch or chunk that failed as a whole.
//   - [Reader.Chunk] reads the outcomes that the tries of a chunk have stored so far,
//     the best one of each item.
//
// Each method calls a function with one [protocol.Outcome] after the other, and ends
// with the first error that the function returns. It keeps one outcome and a few bits
// of each item of a batch in memory. If a batch was delivered several times, its items
// have several outcomes: the caller counts each item once.
//
// manifest.go finds a manifest, file.go reads files, maprun.go the elements of each
// kind of file, answer.go a worker's answer, and child.go a child execution that failed.
package results

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Store reads objects. The texts of its errors, and of its readers' errors,
// begin with the object's address, such as "s3://bucket/key: no such object".
type Store interface {
	// Open opens an object, to be read from its beginning to its end. If there is
	// no such object, or it may not be read, the error is fs.ErrNotExist.
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// Keys yields the keys that begin with a prefix, in ascending order. An error is
	// the last that it yields.
	Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error]
}

// Reader reads results from a store.
type Reader struct{ Store Store }

// Yield takes an outcome, or an item that is lost: see [IsLost]. If it returns an
// error, the reading ends.
type Yield = func(protocol.Outcome) error

// Results reads the results that a summary is invoked with: a list of outcomes,
// or [protocol.Results].
func (r Reader) Results(ctx context.Context, results json.RawMessage, yield Yield) (Rest, error) {
	if strings.HasPrefix(strings.TrimSpace(string(results)), "[") {
		reading := &reading{Reader: r, ctx: ctx, yield: yield, folder: &protocol.Folder{}} // an Inline job has no folder
		err := reading.list(results, "the results")
		return Rest{Ignored: reading.ignored.String()}, err
	}
	var at protocol.Results
	if err := decode(results, &at, `{"bucket": …, "prefix": …}`); err != nil {
		return Rest{}, err
	}
	return r.MapRun(ctx, at, yield)
}

// decode decodes a message of the protocol.
func decode(text []byte, into any, expected string) error {
	if err := json.Unmarshal(text, into); err != nil {
		return protocol.Errorf(protocol.ErrorInvalidInput, "%v in %s, expected %s", err, protocol.Excerpt(text), expected)
	}
	return nil
}

// invalid returns the error of an answer that does not follow the protocol.
func invalid(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorInvalidResult, format, args...)
}

// address writes the address of an object.
func address(bucket, key string) string { return "s3://" + bucket + "/" + key }
