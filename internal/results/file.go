package results

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mapjob/mapjob/internal/jsonl"
)

// eachElement reads a result file, element by element: JSON Lines, or with
// OutputType JSON one array without line breaks. It does not rely on the file's
// name, because in which form FAILED and PENDING files are with OutputType JSONL
// was not seen. A file without results may be empty, or hold an empty array.
func (r Reader) eachElement(ctx context.Context, bucket, key string, do func(element []byte) error) error {
	body, err := r.Store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer body.Close()
	from := bufio.NewReaderSize(body, 1<<16)
	if isArray, err := startsArray(from); err != nil {
		return fmt.Errorf("reading %w", err)
	} else if !isArray {
		return jsonl.EachLine(from, do)
	}
	return eachOfArray(json.NewDecoder(from), address(bucket, key), do)
}

// eachLine reads an object of JSON Lines.
func (r Reader) eachLine(ctx context.Context, bucket, key string, do func(line []byte) error) error {
	body, err := r.Store.Open(ctx, bucket, key)
	if err != nil {
		return fmt.Errorf("reading %w", err)
	}
	defer body.Close()
	return jsonl.EachLine(body, do)
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

// eachOfArray reads an array as a stream: a file may have gigabytes.
func eachOfArray(from *json.Decoder, in string, do func(element []byte) error) error {
	var element json.RawMessage
	_, err := from.Token()
	for err == nil && from.More() {
		if err = from.Decode(&element); err == nil {
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
