// Package results reads the outcomes of a job's items from what Step Functions
// and the workers stored. It reads them from any [Store]: S3 for the
// summary, the local S3 or AWS for the command.
//
// There are four ways in, from the outside to the inside:
//
//   - [Reader.Results] reads the results that a summary is invoked with: the
//     list of an Inline job, or the location of a Map Run's.
//   - [Reader.MapRun] reads a Map Run: the manifest of its last redrive, and the
//     SUCCEEDED, FAILED and PENDING files that the manifest names.
//   - [Reader.Answer] and [Reader.FailedChild] read one child execution, which
//     may just have ended: its output, or the items of the batch or chunk that
//     failed as a whole.
//   - [Reader.Chunk] reads what the tries of a chunk have stored so far, the
//     best outcome of each item.
//
// All of them call a function with one [protocol.Outcome] after the other and
// end with the first error that it returns. Nothing but a bit or two per item
// is kept in memory. An item can have several outcomes, if its batch was
// delivered several times: the caller accounts for each item once.
//
// How a manifest is found is in manifest.go, the form of a file in file.go, which
// file has which elements in maprun.go, what a worker's answer means in answer.go,
// and what a child execution that failed means in child.go.
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
	// Keys yields the keys that begin with a prefix, in ascending order. It ends
	// after an error.
	Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error]
}

// Reader reads results from a store.
type Reader struct{ Store Store }

// Yield takes one outcome, or an item that is lost: see [IsLost]. An error ends the
// reading.
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
