package mapjob

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Format is what the items of a source are written in.
type Format string

const (
	// JSONLines has an item in each line of an object.
	JSONLines Format = "JSONL"

	// JSON has the items in one array.
	JSON Format = "JSON"

	// CSV has an item in each row of an object. The worker gets it as an
	// object of strings, by the names of the columns.
	CSV Format = "CSV"

	// ObjectList takes the objects of a bucket for items, which has to be known
	// at synth: a job may not list others. The worker gets
	// {"Key": …, "Size": …, "Etag": …, "LastModified": …, "StorageClass": …}.
	ObjectList Format = "OBJECTS"

	// Inventory takes the objects that an S3 Inventory lists, in CSV, for
	// items. Its key is that of the manifest.json.
	Inventory Format = "INVENTORY"

	// InputList has the items in the execution's input, {"items": […]}, which
	// takes up to 262,144 bytes.
	InputList Format = "INPUT"
)

// Source is where a Distributed job's items come from.
type Source struct {
	// Format is what the items are written in.
	// Default: JSON Lines.
	Format Format

	// Bucket has the items.
	// Default: the input names the bucket, {"items": {"bucket": …, "key": …}},
	// which has to be the results bucket or one that Job.GrantRead was called with.
	Bucket awss3.IBucket

	// Key is the key of the object, or of an ObjectList what the keys begin
	// with.
	// Default: the input names it, {"items": {"key": …}}, or of an ObjectList
	// {"items": {"prefix": …}}.
	Key *string

	// Headers are the names of a CSV object's columns.
	// Default: the first row has them.
	Headers *[]*string

	// Delimiter is what stands between the columns of a CSV object.
	// Default: a comma.
	Delimiter awsstepfunctions.CsvDelimiter

	// MaxItems is how many items are taken, at most: 1 to 100,000,000.
	// Default: all of them.
	MaxItems *float64
}

// source is the job's, or what stands for none.
func (p *Props) source() Source {
	var s Source
	if p.Source != nil {
		s = *p.Source
	}
	if s.Format == "" {
		s.Format = JSONLines
		if p.Mode == Inline {
			s.Format = InputList
		}
	}
	if s.Format == CSV && s.Delimiter == "" {
		s.Delimiter = awsstepfunctions.CsvDelimiter_COMMA
	}
	return s
}

// where is the name of what says which objects of the bucket they are.
func (s *Source) where() string {
	if s.Format == ObjectList {
		return "prefix"
	}
	return "key"
}

// itemsOf is the member items of a value, or the value: a list is one of items,
// which may have members of that name themselves.
func itemsOf(value string) string {
	return strings.ReplaceAll("$type(V) = 'object' and $exists(V.items) ? V.items : V", "V", value)
}

// place is the expression that says where the items are: what the input names,
// and what does not depend on it.
func (s *Source) place() any {
	named := itemsOf("$states.input")
	switch {
	case s.Bucket == nil:
		return expression("%s", named)
	case s.Key != nil:
		return object{"bucket": s.Bucket.BucketName(), s.where(): s.Key}
	}
	return expression("($named := %s; $type($named) = 'object' ? $merge([$named, {'bucket': '%s'}]) : $named)", named, *s.Bucket.BucketName())
}

// valid is the condition that a place is one, and how one looks.
func (s *Source) valid() (condition, expected string) {
	if s.Format == InputList {
		return "$type($items) = 'array'", `{"items": [...]}`
	}
	condition = fmt.Sprintf("$type($items) = 'object' and $type($items.bucket) = 'string' and $type($items.%s) = 'string'", s.where())
	if s.Bucket != nil {
		return condition, fmt.Sprintf(`{"items": {"%s": "..."}}`, s.where())
	}
	return condition, fmt.Sprintf(`{"items": {"bucket": "...", "%s": "..."}}`, s.where())
}

// reader is the Map's, or nil where the items are at hand.
func (s *Source) reader() awsstepfunctions.IItemReader {
	bucket, key := jsii.String(expression("$items.bucket")), jsii.String(expression("$items.%s", s.where()))
	file := &awsstepfunctions.S3FileItemReaderProps{BucketNamePath: bucket, Key: key, MaxItems: s.MaxItems}
	switch s.Format {
	case JSONLines:
		return awsstepfunctions.NewS3JsonLItemReader(file)
	case JSON:
		return awsstepfunctions.NewS3JsonItemReader(file)
	case Inventory:
		return awsstepfunctions.NewS3ManifestItemReader(file)
	case CSV:
		headers := awsstepfunctions.CsvHeaders_UseFirstRow()
		if s.Headers != nil {
			headers = awsstepfunctions.CsvHeaders_Use(s.Headers)
		}
		return awsstepfunctions.NewS3CsvItemReader(&awsstepfunctions.S3CsvItemReaderProps{
			BucketNamePath: bucket, Key: key, MaxItems: s.MaxItems, CsvHeaders: headers, CsvDelimiter: s.Delimiter,
		})
	case ObjectList:
		// By the name of the bucket, not by what the input says: the CDK would
		// grant the list of every bucket.
		return awsstepfunctions.NewS3ObjectsItemReader(&awsstepfunctions.S3ObjectsItemReaderProps{
			Bucket: s.Bucket, Prefix: key, MaxItems: s.MaxItems,
		})
	}
	return nil
}

// description is what the job start is told that stores the items in chunks
// (internal/items).
func (s *Source) description() object {
	d := object{"format": s.Format, "bucket": expression("$items.bucket"), s.where(): expression("$items.%s", s.where())}
	if s.MaxItems != nil {
		d["maxItems"] = s.MaxItems
	}
	if s.Format == CSV {
		layout := object{"delimiter": s.Delimiter}
		if s.Headers != nil {
			layout["headers"] = s.Headers
		}
		d["csv"] = layout
	}
	return d
}

func (s *Source) validate(mode Mode, items Handover, found *refusal.Problems) {
	switch s.Format {
	case "", JSONLines, JSON, CSV, ObjectList, Inventory, InputList:
	default:
		found.Add("Source.Format: got %q, expected %q, %q, %q, %q, %q or %q", s.Format, JSONLines, JSON, CSV, ObjectList, Inventory, InputList)
	}
	if mode == Inline && s.Format != "" && s.Format != InputList {
		found.Add("Source.Format: got %q, expected %q in an Inline job, whose items are in its data", s.Format, InputList)
	}
	if s.Format == InputList || mode == Inline {
		if s.Bucket != nil || s.Key != nil || s.MaxItems != nil {
			found.Add("Source: got a Bucket, Key or MaxItems, expected none of them where the input has the items")
		}
		if items == ByReference {
			found.Add("Items: got %q of a Source %q, expected %q: what fits into an input needs no chunks", items, InputList, ByValue)
		}
	}
	if s.Format == ObjectList && s.Bucket == nil {
		found.Add("Source.Bucket: got nothing with Format %q, expected the bucket whose objects are the items", ObjectList)
	}
	if s.Key != nil && s.Bucket == nil {
		found.Add("Source.Key: got %q without a Bucket, expected one: where the input names the bucket it names the key", *s.Key)
	}
	if s.Format != CSV && (s.Headers != nil || s.Delimiter != "") {
		found.Add("Source.Headers, Source.Delimiter: got them with Format %q, expected them with %q alone", s.Format, CSV)
	}
	if s.Headers != nil && len(*s.Headers) == 0 {
		found.Add("Source.Headers: got none, expected the names of the columns, or nil where the first row has them")
	}
	found.Whole("Source.MaxItems", s.MaxItems, 1, maxItems)
}
