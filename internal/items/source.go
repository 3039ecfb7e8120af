// Package itemsource reads a job's items from S3, for a job whose items are
// handed over by reference and are not found by a job start of a person's own.
//
// By value, the ItemReader of a Distributed Map reads them. By reference the
// Map iterates over chunks, and somebody has to store these before: job.Start
// does, with [Read] in the place of a function that looks at a database. This
// is all of constructs/mapjob/functions/chunker:
//
//	lambda.Start(job.Start(itemsource.Read))
//
// The items are those that an ItemReader yields for the same source (AWS Step
// Functions developer guide, "ItemReader (Map)"), in the same order. As there:
//
//   - JSONL is one JSON value after the other. Empty lines are no items, and a
//     value may go over several lines.
//   - JSON is one array, whose elements are the items.
//   - A row of a CSV file is an object of strings. A row with too many fields
//     loses them, one with too few has empty ones; empty lines are no rows; a
//     quote inside a field stands for itself. Of columns with the same name
//     the last one counts.
//   - Bytes that are not UTF-8 become U+FFFD, and of members with the same name
//     the last one counts.
//
// Numbers keep the digits that they are written with: 1.50 stays 1.50, and a
// 64-bit identifier is exact.
package itemsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/mapjob/mapjob/job"
)

// Format is what a source is made of.
type Format string

// The formats, by the names that ItemReader has for them where it has one.
const (
	JSONL     Format = "JSONL"
	JSON      Format = "JSON"
	CSV       Format = "CSV"
	Objects   Format = "OBJECTS"   // the objects of a bucket, of which the items say what they are
	Inventory Format = "INVENTORY" // the manifest.json of an Amazon S3 Inventory
)

// formats read a source. What yield returns ends them, and is returned.
var formats = map[Format]func(ctx context.Context, from *Source, yield func(json.RawMessage) error) error{
	JSONL:     readValues,
	JSON:      readArray,
	CSV:       readRows,
	Objects:   readList,
	Inventory: readInventory,
}

// ErrorItemReaderFailed is the name of the error of items that are not what
// their format says, or that could not be read to their end. By value, Step
// Functions calls it States.ItemReaderFailed. What S3 refuses has the name
// that S3 gives it, such as NoSuchBucket, NoSuchKey or AccessDenied.
const ErrorItemReaderFailed = "MapJob.ItemReaderFailed"

// Source says where items are.
type Source struct {
	Format Format `json:"format"`
	Bucket string `json:"bucket"`
	Key    string `json:"key"`    // of the object; none for Objects
	Prefix string `json:"prefix"` // of the keys, for Objects; "" for the whole bucket
	// MaxItems is where the reading ends; 0 for all items.
	MaxItems int64  `json:"maxItems"`
	CSV      Layout `json:"csv"`
}

// Layout is how a CSV file is to be read.
type Layout struct {
	// Headers are the names of the columns. Without them they are the first
	// row.
	Headers []string `json:"headers"`
	// Delimiter is between the fields: COMMA, which is also what "" means,
	// PIPE, SEMICOLON, SPACE or TAB.
	Delimiter string `json:"delimiter"`
}

// UnmarshalJSON refuses a member that a source does not have: a maxItem that
// were ignored would mean all items.
func (s *Source) UnmarshalJSON(text []byte) error {
	type plain Source
	members := json.NewDecoder(strings.NewReader(string(text)))
	members.DisallowUnknownFields()
	return members.Decode((*plain)(s))
}

func (s *Source) validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	_, known := formats[s.Format]
	switch {
	case !known:
		problem("format: got %q, expected JSONL, JSON, CSV, OBJECTS or INVENTORY", s.Format)
	case s.Format == Objects && s.Key != "":
		problem("key: got %q for OBJECTS, expected a prefix or nothing", s.Key)
	case s.Format != Objects && s.Key == "":
		problem("key: got none, expected the key of the object with the items")
	}
	if known && s.Format != Objects && s.Prefix != "" {
		problem("prefix: got %q for %s, expected one for OBJECTS only", s.Prefix, s.Format)
	}
	if s.Bucket == "" {
		problem("bucket: got none, expected the name of a bucket")
	}
	if s.MaxItems < 0 {
		problem("maxItems: got %d, expected 0, for all items, or more", s.MaxItems)
	}
	if known && s.Format != CSV && (len(s.CSV.Headers) > 0 || s.CSV.Delimiter != "") {
		problem("csv: got a layout for %s, expected one for CSV only", s.Format)
	}
	if delimiters[s.CSV.Delimiter] == 0 {
		problem("csv.delimiter: got %q, expected COMMA, PIPE, SEMICOLON, SPACE or TAB", s.CSV.Delimiter)
	}
	if len(problems) > 0 {
		return job.Fail(job.ErrorInvalidInput, "the source of the items: %v", errors.Join(problems...))
	}
	return nil
}

// Read yields the items of a source, as they come. It holds one item at a
// time, which may be up to 16 MiB long. An error is the last that it yields.
func Read(ctx context.Context, from Source) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if err := from.validate(); err != nil {
			yield(nil, err)
			return
		}
		left := from.MaxItems // 0 is never reached from below
		err := formats[from.Format](ctx, &from, func(item json.RawMessage) error {
			if left--; !yield(item, nil) || left == 0 {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough ends the reading where no more items are asked for.
var errEnough = errors.New("enough items")

// failed is an error about what is in the source.
func failed(format string, args ...any) error {
	return job.Fail(ErrorItemReaderFailed, format, args...)
}
