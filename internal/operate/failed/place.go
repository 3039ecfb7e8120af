package failed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Place is a place between two failed items: how many lines were read, and how many bytes
// they take in the object of the items and in that of the errors. The zero Place is before
// the first item. Reading on at a place takes no longer at the end than at the beginning.
type Place struct {
	Lines         int
	Items, Errors int64 // Errors is 0 if there is no such object
}

// MovedError is returned for a place that is not at the beginning of a line. The objects were
// replaced since, as a redrive does, or the place is of other objects.
type MovedError struct{ At protocol.Object }

func (e *MovedError) Error() string {
	return fmt.Sprintf("s3://%s/%s: no line begins at this place: the object was replaced since, or the place is of another one; read from the beginning", e.At.Bucket, e.At.Key)
}

// Scan calls do for each line of the object after a place, with the place after the line, until
// it returns false. The item is nil if the filter does not choose it.
func (f *Items) Scan(ctx context.Context, after Place, do func(place Place, item *Item) bool) error {
	err := f.each(ctx, after, func(place Place, item *Item) error {
		if !do(place, item) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// each reads the items and their errors side by side. It calls do for each line after a place,
// without an item if the filter does not choose it.
func (f *Items) each(ctx context.Context, place Place, do func(Place, *Item) error) error {
	errorsAt := protocol.ErrorsOf(f.items)
	next, stop := iter.Pull2(f.errorLines(ctx, errorsAt, place.Errors))
	defer stop()
	first, known := true, place.Lines == 0 || place.Errors > 0
	return f.lines(ctx, f.items, place.Items, func(item []byte, end int64) error {
		failed := protocol.FailedItem{Index: place.Lines, Error: unknownError}
		place.Lines++
		place.Items = end
		if known {
			line, err, ok := next()
			switch {
			case first && place.Lines == 1 && errors.Is(err, fs.ErrNotExist):
				known = false
			case err != nil:
				return err
			case !ok:
				return fmt.Errorf("reading s3://%s/%s: got an error for each of %d items, expected one for each line of %s", errorsAt.Bucket, errorsAt.Key, place.Lines-1, f.items.Key)
			default:
				if failed, err = failedItem(errorsAt, line.text); err != nil {
					return err
				}
				place.Errors = line.end
			}
			first = false
		}
		if !f.wants(failed.Error) || len(f.search) > 0 && !bytes.Contains(bytes.ToLower(item), f.search) {
			return do(place, nil)
		}
		if !json.Valid(item) {
			return fmt.Errorf("reading s3://%s/%s: got text that is not JSON in item %d, expected one JSON value in each line: %s", f.items.Bucket, f.items.Key, failed.Index, protocol.Excerpt(item))
		}
		return do(place, &Item{Index: failed.Index, Error: failed.Error, Item: item})
	})
}

// lines calls do with the lines of an object after its first bytes, and where each ends.
func (f *Items) lines(ctx context.Context, at protocol.Object, after int64, do func(line []byte, end int64) error) (err error) {
	var object io.ReadCloser
	if after == 0 {
		object, err = f.store.Open(ctx, at)
	} else {
		object, err = f.store.OpenAt(ctx, at, after-1) // from the end of the line before
	}
	if err != nil {
		return err
	}
	defer object.Close()
	if after > 0 {
		var last [1]byte
		if _, err := io.ReadFull(object, last[:]); errors.Is(err, io.EOF) || err == nil && last[0] != '\n' {
			return &MovedError{at}
		} else if err != nil {
			return err
		}
	}
	return named(at, jsonl.EachLineTo(object, func(line []byte, end int64) error { return do(line, after+end) }))
}

// errorLine is a line of the errors' object, and where it ends.
type errorLine struct {
	text []byte
	end  int64
}

func (f *Items) errorLines(ctx context.Context, at protocol.Object, after int64) iter.Seq2[errorLine, error] {
	return func(yield func(errorLine, error) bool) {
		if err := f.lines(ctx, at, after, func(line []byte, end int64) error {
			if !yield(errorLine{line, end}, nil) {
				return errEnough
			}
			return nil
		}); err != nil && !errors.Is(err, errEnough) {
			yield(errorLine{}, err)
		}
	}
}
