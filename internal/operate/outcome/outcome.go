// Package outcome finds how an item of an execution ended, in the results that its Map Runs have
// left or in those that mapjob run has written.
package outcome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
)

// Outcome is how an item ended, as its worker has answered or its batch has failed.
type Outcome struct {
	Status    protocol.Status `json:"status"`
	Error     string          `json:"error,omitempty"`
	Cause     string          `json:"cause,omitempty"`
	Retryable bool            `json:"retryable,omitempty"`
	Output    json.RawMessage `json:"output,omitempty"`    // what the worker returned
	StartedAt *time.Time      `json:"startedAt,omitempty"` // nil if it was not started, or that is not known
	EndedAt   *time.Time      `json:"endedAt,omitempty"`   // or its batch, if that failed as a whole
	Ms        *int64          `json:"ms,omitempty"`        // how long it took, all tries together
}

// Store opens objects. If there is no such object, the error is fs.ErrNotExist.
type Store interface {
	Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error)
	// Keys yields the keys in a folder, in ascending order. An error is the last that it yields.
	Keys(ctx context.Context, folder protocol.Folder) iter.Seq2[string, error]
}

// ErrUnknown is returned if the results have no outcome of an item.
var ErrUnknown = errors.New("the results have no outcome of the item")

// Find returns the outcome of an item. It reads the results that the manifests of Map Runs name,
// until it has found the item. Results that were removed do not end it.
func Find(ctx context.Context, store Store, manifests iter.Seq2[protocol.Object, error], item int) (*Outcome, error) {
	runs := 0
	gone := ErrUnknown
	for manifest, err := range manifests {
		if err != nil {
			return nil, err
		}
		runs++
		found, err := first(item, func(take results.Yield) error {
			_, err := results.Reader{Store: adapted{store}}.MapRun(ctx, protocol.Results{Bucket: manifest.Bucket, Manifest: manifest.Key}, take)
			return err
		})
		switch {
		case found != nil:
			return found, nil
		case errors.Is(err, fs.ErrNotExist): // another Map Run may have left its own
			gone = err
		case err != nil:
			return nil, err
		}
	}
	if runs == 0 {
		return nil, errors.New("no Map Run of the execution has left results: an Inline Map keeps its outcomes in the execution's history")
	}
	return nil, gone
}

// FindOwn returns the outcome of an item of a run, which mapjob run has written beside its own
// report.
func FindOwn(ctx context.Context, store Store, item int) (*Outcome, error) {
	object, err := store.Open(ctx, protocol.Object{Key: protocol.ResultsFile})
	if err != nil {
		return nil, err
	}
	defer object.Close()
	found, err := first(item, func(take results.Yield) error {
		return jsonl.EachLine(object, func(line []byte) error {
			var o protocol.Result
			if err := json.Unmarshal(line, &o); err != nil {
				return fmt.Errorf("reading %s of the run: %w", protocol.ResultsFile, err)
			}
			o.Outcome.BatchEndedAt = o.BatchEndedAt
			return errors.Join(ctx.Err(), take(o.Outcome))
		})
	})
	if found == nil && err == nil {
		err = ErrUnknown
	}
	return found, err
}

// first returns the first outcome of an item that read yields, nil if there is none.
func first(item int, read func(results.Yield) error) (found *Outcome, err error) {
	err = read(func(o protocol.Outcome) error {
		if o.Index != item || results.IsLost(&o) {
			return nil
		}
		found = public(&o)
		return errEnough
	})
	if found != nil {
		err = nil
	}
	return found, err
}

var errEnough = errors.New("enough")

func public(o *protocol.Outcome) *Outcome {
	v := &Outcome{Status: o.Status, Error: o.Error, Cause: o.Cause, Retryable: o.Retryable, Output: o.Output, StartedAt: at(o.StartedAt), EndedAt: at(o.EndedAt())}
	if v.StartedAt != nil {
		v.Ms = &o.Ms
	}
	return v
}

// at returns a time in milliseconds of Unix time; nil for 0.
func at(ms int64) *time.Time {
	if ms <= 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

// adapted is the [results.Store] of a Store.
type adapted struct{ Store }

func (u adapted) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return u.Store.Open(ctx, protocol.Object{Bucket: bucket, Key: key})
}

func (u adapted) Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return u.Store.Keys(ctx, protocol.Folder{Bucket: bucket, Prefix: strings.TrimSuffix(prefix, "/")})
}
