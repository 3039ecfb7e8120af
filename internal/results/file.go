package results

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// eachElement reads a result file, element by element: JSON Lines, or with
// OutputType JSON one array without line breaks. It does not rely on the file's
// name, because it is not known which form FAILED and PENDING files have with
// OutputType JSONL. A file without results may be empty, or have an empty array.
func (r Reader) eachElement(ctx context.Context, bucket, key string, do func(element []byte) error) error {
	body, err := r.Store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer body.Close()
	from := jsonl.NewReader(body)
	defer jsonl.Release(from)
	if isArray, err := startsArray(from); err != nil {
		return fmt.Errorf("reading %w", err)
	} else if !isArray {
		return eachLine(from, do)
	}
	return eachOfArray(from, address(bucket, key), do)
}

// eachLine reads an object of JSON Lines.
func (r Reader) eachLine(ctx context.Context, bucket, key string, do func(line []byte) error) error {
	body, err := r.Store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer body.Close()
	return eachLine(body, do)
}

// eachLine calls do with each line. A line that is longer than an outcome may be has
// not enough room in memory: do gets a text that is no JSON, which describes it.
func eachLine(from io.Reader, do func(line []byte) error) error {
	return jsonl.EachLineUpTo(protocol.MaxOutcome, from, do, func(beginning []byte, size int) error {
		return do(fmt.Appendf(nil, "a line of %d bytes, more than the %d of an outcome, that begins with %s", size, protocol.MaxOutcome, beginning[:min(len(beginning), 60)]))
	})
}

// startsArray reports whether the first character that is not white space begins
// an array.
func startsArray(from *bufio.Reader) (bool, error) {
	for {
		switch b, err := from.ReadByte(); {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case b != ' ' && b != '\t' && b != '\r' && b != '\n':
			return b == '[', from.UnreadByte()
		}
	}
}

// eachOfArray reads an array as a stream, because a file may have gigabytes.
func eachOfArray(object io.Reader, in string, do func(element []byte) error) error {
	allowance := jsonl.Allow(object, jsonl.MaxLine)
	from := json.NewDecoder(allowance)
	var element json.RawMessage
	_, err := from.Token()
	for err == nil && from.More() {
		if err = from.Decode(&element); err == nil {
			allowance.Renew()
			if err := do(element); err != nil {
				return err
			}
		}
	}
	if err == nil {
		_, err = from.Token()
	}
	if err == nil {
		if _, err = from.Token(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return fmt.Errorf("reading %s: got more text after an array, expected one JSON array", in)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("reading %s: got an array without an end, expected one JSON array", in)
	case errors.As(err, &syntax):
		return fmt.Errorf("reading %s: %w, expected one JSON array", in, err)
	}
	return fmt.Errorf("reading %w", err)
}
