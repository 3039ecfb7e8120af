package job

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// writeFailures stores the items that did not succeed, as lines of the form
// that items come in, so that they can be run again. The items are read once
// more, as a stream: whoever accounts for them knows no more than a bit of each.
func (r *summaryRequest) writeFailures(ctx context.Context, succeeded func(index int) bool) error {
	to := &place{Bucket: r.Report.Bucket, Key: r.Report.Prefix + "/failures.jsonl"}
	return upload(ctx, to, func(w io.Writer) error {
		return r.Items.eachItem(ctx, func(index int, item []byte) error {
			if succeeded(index) {
				return nil
			}
			if !json.Valid(item) {
				return fmt.Errorf("got %s at line %d of s3://%s/%s, expected an item in JSON", excerpt(item), index+1, r.Items.Bucket, r.Items.Key)
			}
			if _, err := w.Write(item); err != nil {
				return err
			}
			_, err := io.WriteString(w, "\n")
			return err
		})
	})
}

// eachItem reads the items of a job, in the order of their indexes.
func (p *place) eachItem(ctx context.Context, do func(index int, item []byte) error) error {
	if p.Chunked {
		return eachLine(ctx, p.Bucket, p.Key, func(line []byte) error {
			var c chunk
			if err := json.Unmarshal(line, &c); err != nil {
				return fmt.Errorf("reading s3://%s/%s: %w in %s, expected the address of a chunk", p.Bucket, p.Key, err, excerpt(line))
			}
			return c.eachItem(ctx, do)
		})
	}
	index := 0
	return eachLine(ctx, p.Bucket, p.Key, func(line []byte) error {
		index++
		return do(index-1, line)
	})
}
