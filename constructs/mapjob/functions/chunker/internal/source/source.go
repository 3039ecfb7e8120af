// Package source reads the items of an S3 source for the chunker, which stores
// them in chunks. [items] has the rules of the formats.
package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job"
)

// Format is what a source is made of.
type Format string

// The formats, by the names that ItemReader has for them where it has one.
const (
	JSONL     Format = "JSONL"
	JSON      Format = "JSON"
	CSV       Format = "CSV"
	Objects   Format = "OBJECTS"   // the items describe the objects of a bucket
	Inventory Format = "INVENTORY" // the manifest.json of an Amazon S3 Inventory
)

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

// Layout says how to read a CSV file.
type Layout struct {
	// Headers are the names of the columns. Without them they are the first
	// row.
	Headers []string `json:"headers"`
	// Delimiter stands between the fields: COMMA, which is also what "" means,
	// PIPE, SEMICOLON, SPACE or TAB.
	Delimiter string `json:"delimiter"`
}

// delimiters are ItemReader's CSVDelimiter.
var delimiters = map[string]byte{"": ',', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}

// UnmarshalJSON refuses a member that a source does not have: a maxItem that
// was ignored would mean all items.
func (s *Source) UnmarshalJSON(text []byte) error {
	type plain Source
	members := json.NewDecoder(strings.NewReader(string(text)))
	members.DisallowUnknownFields()
	return members.Decode((*plain)(s))
}

func (s *Source) validate() error {
	var problems []error
	problem := func(format string, arguments ...any) { problems = append(problems, fmt.Errorf(format, arguments...)) }
	known := true
	switch s.Format {
	case JSONL, JSON, CSV, Inventory:
		if s.Key == "" {
			problem("key: got none, expected the key of the object with the items")
		}
	case Objects:
		if s.Key != "" {
			problem("key: got %q for OBJECTS, expected a prefix or nothing", s.Key)
		}
	default:
		known = false
		problem("format: got %q, expected JSONL, JSON, CSV, OBJECTS or INVENTORY", s.Format)
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
		return job.Errorf(protocol.ErrorInvalidInput, "the source of the items: %v", errors.Join(problems...))
	}
	return nil
}

// items is the source as package items has it.
func (s *Source) items() items.Source {
	from := items.Source{Bucket: s.Bucket, Key: s.Key, Prefix: s.Prefix}
	switch s.Format {
	case Objects:
		from.Place = items.InList
	case Inventory:
		from.Place = items.InInventory
	default:
		from.Layout = items.Layout{Format: items.Format(s.Format), Headers: s.CSV.Headers, Delimiter: delimiters[s.CSV.Delimiter]}
	}
	return from
}

// In returns a function that yields the items of a source in a store, as they
// come. It holds one item at a time. An error is the last that it yields:
// MapJob.ItemReaderFailed if the items are not what their format says or could
// not be read to their end, or the error of S3 with its name, such as
// NoSuchBucket, NoSuchKey or AccessDenied.
func In(s3 *s3object.Store) func(context.Context, Source) iter.Seq2[json.RawMessage, error] {
	return func(ctx context.Context, from Source) iter.Seq2[json.RawMessage, error] { return read(ctx, s3, from) }
}

func read(ctx context.Context, s3 *s3object.Store, from Source) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if err := from.validate(); err != nil {
			yield(nil, err)
			return
		}
		reader := items.Open(ctx, store{s3}, from.items())
		defer reader.Close()
		for n := int64(0); from.MaxItems == 0 || n < from.MaxItems; n++ {
			item, err := reader.Text()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, named(err))
				return
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}
