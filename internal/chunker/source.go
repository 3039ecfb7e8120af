// Package chunker is the job start that reads the items of an S3 source and stores
// them in chunks, for a job that passes its items by reference. [items] has the rules
// of the formats.
package chunker

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

// Source says where items are: a [protocol.SourceDescription] that is decoded
// strictly.
type Source protocol.SourceDescription

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
	case protocol.FormatJSONLines, protocol.FormatJSON, protocol.FormatCSV, protocol.FormatInventory:
		if s.Key == "" {
			problem("key: got none, expected the key of the object with the items")
		}
	case protocol.FormatObjects:
		if s.Key != "" {
			problem("key: got %q for OBJECTS, expected a prefix or nothing", s.Key)
		}
	default:
		known = false
		problem("format: got %q, expected JSONL, JSON, CSV, OBJECTS or INVENTORY", s.Format)
	}
	if known && s.Format != protocol.FormatObjects && s.Prefix != "" {
		problem("prefix: got %q for %s, expected one for OBJECTS only", s.Prefix, s.Format)
	}
	if s.Bucket == "" {
		problem("bucket: got none, expected the name of a bucket")
	}
	if s.MaxItems < 0 {
		problem("maxItems: got %d, expected 0, for all items, or more", s.MaxItems)
	}
	if known && s.Format != protocol.FormatJSON && s.ItemsPointer != "" {
		problem("itemsPointer: got %q for %s, expected one for JSON only", s.ItemsPointer, s.Format)
	}
	layout := s.layout()
	if known && s.Format != protocol.FormatCSV && (len(layout.Headers) > 0 || layout.Delimiter != "") {
		problem("csv: got a layout for %s, expected one for CSV only", s.Format)
	}
	if delimiters[layout.Delimiter] == 0 {
		problem("csv.delimiter: got %q, expected COMMA, PIPE, SEMICOLON, SPACE or TAB", layout.Delimiter)
	}
	if len(problems) > 0 {
		return job.Errorf(protocol.ErrorInvalidInput, "the source of the items: %v", errors.Join(problems...))
	}
	return nil
}

// layout returns the layout of a CSV file, given or not.
func (s *Source) layout() protocol.CSVLayout {
	if s.CSV == nil {
		return protocol.CSVLayout{}
	}
	return *s.CSV
}

// items returns the source as package items has it.
func (s *Source) items() items.Source {
	from := items.Source{Bucket: s.Bucket, Key: s.Key, Prefix: s.Prefix}
	switch s.Format {
	case protocol.FormatObjects:
		from.Place = items.InList
	case protocol.FormatInventory:
		from.Place = items.InInventory
	default:
		layout := s.layout()
		from.Layout = items.Layout{Format: items.Format(s.Format), Pointer: s.ItemsPointer, Headers: layout.Headers, Delimiter: delimiters[layout.Delimiter]}
	}
	return from
}

// in returns a function that yields the items of a source in a store, as they
// come. It holds one item at a time. An error is the last that it yields:
// MapJob.ItemReaderFailed if the items are not what their format says or could
// not be read to their end, MapJob.SourceChanged if their object was replaced
// meanwhile, or the error of S3 with its name, such as NoSuchBucket, NoSuchKey
// or AccessDenied.
func in(s3 *s3object.Store) func(context.Context, Source) iter.Seq2[json.RawMessage, error] {
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
		for n := 0; from.MaxItems == 0 || n < from.MaxItems; n++ {
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
