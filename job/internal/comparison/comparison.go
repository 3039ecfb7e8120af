// Package comparison compares how the items of a rerun ended with the errors that
// they had in the earlier execution.
package comparison

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/report"
)

// Endings says how the items of a rerun ended.
type Endings struct {
	Total     int
	Succeeded func(index int) bool
	Error     func(index int) string // of an item that did not succeed; "" if the item is missing
}

// maxLine is the largest line with an error that is read, in bytes.
const maxLine = 1 << 16

// Of compares the items of a rerun, one by one. open opens the object with the earlier
// errors, which is read as a stream; its error is or wraps [fs.ErrNotExist] if there is
// no such object. The note says why some of the errors are not known.
func Of(ctx context.Context, rerun *protocol.Rerun, items Endings, open func(ctx context.Context, bucket, key string) (io.ReadCloser, error)) (c protocol.Comparison, note string, err error) {
	at := protocol.ErrorsOf(rerun.Items())
	lines := 0
	object, err := open(ctx, at.Bucket, at.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		note = fmt.Sprintf("s3://%s/%s does not exist, or the summary may not read it", at.Bucket, at.Key)
	case err != nil:
		return c, "", fmt.Errorf("reading %w", err)
	default:
		defer object.Close()
		add := func(line []byte, _ int) error {
			if lines++; lines <= items.Total {
				items.add(&c, lines-1, line)
			}
			return nil
		}
		if err := jsonl.EachLineUpTo(maxLine, object, func(line []byte) error { return add(line, 0) }, add); err != nil {
			return c, "", err
		}
		if lines > items.Total { // they are of other items
			c, lines = protocol.Comparison{}, 0
			note = fmt.Sprintf("s3://%s/%s has errors of more than %s", at.Bucket, at.Key, number.Of(items.Total, "item"))
		} else if lines < items.Total {
			note = fmt.Sprintf("s3://%s/%s has errors of %s, expected %d", at.Bucket, at.Key, number.Of(lines, "item"), items.Total)
		}
	}
	for index := lines; index < items.Total; index++ {
		items.add(&c, index, nil)
	}
	switch {
	case c.Unknown == 0:
		return c, "", nil
	case note == "":
		note = fmt.Sprintf("s3://%s/%s lacks errors of items, or there are too many names of errors", at.Bucket, at.Key)
	}
	return c, fmt.Sprintf("For %s that failed again it is not known whether the error is the same: %s.", number.Of(c.Unknown, "item"), note), nil
}

// add compares an item with a [protocol.FailedItem] as JSON.
func (e *Endings) add(c *protocol.Comparison, index int, line []byte) {
	if e.Succeeded(index) {
		c.Recovered++
		return
	}
	var earlier protocol.FailedItem
	if json.Unmarshal(line, &earlier) != nil {
		earlier.Error = ""
	}
	switch now := e.Error(index); {
	case now == "":
		c.OtherError++
	case earlier.Error == "" || earlier.Error == report.OtherErrors || now == report.OtherErrors:
		c.Unknown++
	case tally.Name(earlier.Error) == now:
		c.SameError++
	default:
		c.OtherError++
	}
}
