package job

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// failures is where the items that did not succeed are stored, as lines of the
// form that items come in, so that they can be run again.
func (p *place) failures() *place {
	return &place{Bucket: p.Bucket, Key: p.Prefix + "/failures.jsonl"}
}

// keptFailures are the items that came along with their outcomes. They are on
// disk until all are known: an upload that is begun leaves an object behind.
// Where the disk is full, or is none, nothing is kept: a part of them could be
// taken for all.
type keptFailures struct {
	file  *os.File // nil while there are none
	lines *bufio.Writer
	err   error
}

func (k *keptFailures) add(o *Outcome) {
	if len(o.Item) > 0 && k.err == nil {
		k.err = k.keep(o.Item)
	}
}

func (k *keptFailures) keep(item []byte) (err error) {
	if k.file == nil {
		if k.file, err = os.CreateTemp("", "failures-*.jsonl"); err != nil {
			return err
		}
		k.lines = bufio.NewWriterSize(k.file, 1<<16)
	}
	if _, err = k.lines.Write(oneLine(item)); err != nil {
		return err
	}
	return k.lines.WriteByte('\n')
}

// end says whether all are kept.
func (k *keptFailures) end() error {
	if k.file != nil && k.err == nil {
		k.err = k.lines.Flush()
	}
	return k.err
}

func (k *keptFailures) write(ctx context.Context, to *place) error {
	if k.file == nil {
		return nil
	}
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return upload(ctx, to, func(w io.Writer) error {
		_, err := io.Copy(w, k.file)
		return err
	})
}

func (k *keptFailures) close() {
	if k.file != nil {
		k.file.Close()
		os.Remove(k.file.Name())
	}
}

// writeFailures reads the items once more, as a stream: whoever accounts for
// them knows no more than a bit of each.
func (r *summaryRequest) writeFailures(ctx context.Context, succeeded func(index int) bool) error {
	return upload(ctx, r.Report.failures(), func(w io.Writer) error {
		return r.Items.eachItem(ctx, func(index int, item []byte) error {
			if succeeded(index) {
				return nil
			}
			if _, err := w.Write(oneLine(item)); err != nil {
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
	return eachValue(ctx, p.Bucket, p.Key, func(item []byte) error {
		index++
		return do(index-1, item)
	})
}

// eachValue reads an object of JSON values as a stream. They are counted as the
// ItemReader of a Map counts them, value by value: several may stand in a line,
// and one may go over several lines. A value is only good until the next one.
func eachValue(ctx context.Context, bucket, key string, do func(value []byte) error) error {
	body, err := open(ctx, bucket, key)
	if err != nil {
		return err
	}
	defer body.Close()
	values := json.NewDecoder(body)
	var value json.RawMessage
	for n := 0; ; n++ {
		err := values.Decode(&value)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading s3://%s/%s: %w after %d items, expected one JSON value after the other", bucket, key, err, n)
		}
		if err := do(value); err != nil {
			return err
		}
	}
}

// oneLine is a JSON text without line breaks: in JSON they are white space.
func oneLine(text []byte) []byte {
	if !bytes.ContainsAny(text, "\n\r") {
		return text
	}
	var line bytes.Buffer
	if json.Compact(&line, text) != nil {
		return text
	}
	return line.Bytes()
}
