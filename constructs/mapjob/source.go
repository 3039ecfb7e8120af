package mapjob

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Source is where a job's items come from if no job start yields them:
// [JSONLines], [JSON], [CSV], [ObjectList], [Inventory] or [InputList].
//
// Sources in S3 have a Bucket, and a Key. Without a Bucket the execution's input
// names both, {"items": {"bucket": …, "key": …}}: the bucket is the results bucket
// or one that Job.GrantRead was called with. With a Bucket and without a Key, the
// input names the key, {"items": {"key": …}}. With both, the input may be
// anything.
type Source interface {
	resolve() source
}

// JSONLines has an item in each line of an object.
type JSONLines struct {
	// Bucket has the object.
	// Default: the execution's input names it.
	Bucket awss3.IBucket

	// Key is the key of the object.
	// Default: the execution's input names it.
	Key *string

	// MaxItems is how many items are read, at most: 1 to 100,000,000.
	// Default: all items are read.
	MaxItems *float64
}

// JSON has the items in an object that is one JSON array.
type JSON struct {
	// Bucket has the object.
	// Default: the execution's input names it.
	Bucket awss3.IBucket

	// Key is the key of the object.
	// Default: the execution's input names it.
	Key *string

	// MaxItems is how many items are read, at most: 1 to 100,000,000.
	// Default: all items are read.
	MaxItems *float64
}

// CSV has an item in each row of an object. A worker gets a row as an object of
// strings, by the names of the columns.
type CSV struct {
	// Bucket has the object.
	// Default: the execution's input names it.
	Bucket awss3.IBucket

	// Key is the key of the object.
	// Default: the execution's input names it.
	Key *string

	// Headers are the names of the columns.
	// Default: the first row has them.
	Headers *[]*string

	// Delimiter stands between the columns.
	// Default: a comma.
	Delimiter awsstepfunctions.CsvDelimiter

	// MaxItems is how many rows are read, at most: 1 to 100,000,000.
	// Default: all rows are read.
	MaxItems *float64
}

// ObjectList takes the objects of a bucket as items. A worker gets
// {"Key": …, "Size": …, "Etag": …, "LastModified": …, "StorageClass": …}, not the
// object's content.
type ObjectList struct {
	// Bucket has the objects. The execution's input can't name it: the job may
	// list no other bucket.
	// Required.
	Bucket awss3.IBucket

	// Prefix is what the keys of the objects begin with.
	// Default: the execution's input names it, {"items": {"prefix": …}}.
	Prefix *string

	// MaxItems is how many objects are listed, at most: 1 to 100,000,000.
	// Default: all objects are listed.
	MaxItems *float64
}

// Inventory takes the objects that an S3 Inventory in CSV lists as items.
type Inventory struct {
	// Bucket has the inventory.
	// Default: the execution's input names it.
	Bucket awss3.IBucket

	// Key is the key of the inventory's manifest.json.
	// Default: the execution's input names it.
	Key *string

	// MaxItems is how many objects are taken, at most: 1 to 100,000,000.
	// Default: all objects are taken.
	MaxItems *float64
}

// InputList has the items in the execution's input, {"items": […]}, which takes
// up to 240,000 bytes. It is the Source of every Inline job without a job start.
type InputList struct{}

func (s *JSONLines) resolve() source {
	return source{format: protocol.FormatJSONLines, bucket: s.Bucket, key: s.Key, maxItems: s.MaxItems}
}

func (s *JSON) resolve() source {
	return source{format: protocol.FormatJSON, bucket: s.Bucket, key: s.Key, maxItems: s.MaxItems}
}

func (s *CSV) resolve() source {
	delimiter := s.Delimiter
	if delimiter == "" {
		delimiter = awsstepfunctions.CsvDelimiter_COMMA
	}
	return source{format: protocol.FormatCSV, bucket: s.Bucket, key: s.Key, maxItems: s.MaxItems, headers: s.Headers, delimiter: delimiter}
}

func (s *ObjectList) resolve() source {
	return source{format: protocol.FormatObjects, bucket: s.Bucket, key: s.Prefix, maxItems: s.MaxItems}
}

func (s *Inventory) resolve() source {
	return source{format: protocol.FormatInventory, bucket: s.Bucket, key: s.Key, maxItems: s.MaxItems}
}

func (s *InputList) resolve() source { return source{} }

// source is what the definition needs to know of a Source.
type source struct {
	format    string // empty: the input has the items
	bucket    awss3.IBucket
	key       *string // of an object list, the prefix
	headers   *[]*string
	delimiter awsstepfunctions.CsvDelimiter
	maxItems  *float64
}

// inInput reports whether the execution's input has the items.
func (s *source) inInput() bool { return s.format == "" }

// keyIn returns the member of a message that names the object, or of an object
// list the prefix.
func (s *source) keyIn(key, prefix *string) *string {
	if s.format == protocol.FormatObjects {
		return prefix
	}
	return key
}

// itemsOf returns the expression of a value's items: its member items, or the
// value itself. A list is items, even if those have members named items.
func itemsOf(value string) string {
	var answer protocol.StartAnswer
	return strings.NewReplacer("VALUE", value, "items", message.Name(&answer, &answer.Items)).
		Replace("$type(VALUE) = 'object' and $exists(VALUE.items) ? VALUE.items : VALUE")
}

// location returns the value of the variable items: where the items are, as the
// input names it and the Source.
func (s *source) location() any {
	var items protocol.Items
	key := s.keyIn(&items.Key, &items.Prefix)
	named := itemsOf("$states.input")
	switch {
	case s.bucket == nil:
		return expression("%s", named)
	case s.key != nil:
		return message.Object(&items, message.Set(&items.Bucket, s.bucket.BucketName()), message.Set(key, s.key))
	}
	return expression("($named := %s; $type($named) = 'object' ? $merge([$named, {'%s': '%s'}]) : $named)",
		named, message.Name(&items, &items.Bucket), *s.bucket.BucketName())
}

// valid returns the condition that the variable items says where items are, and
// describes such a value.
func (s *source) valid() (condition, expected string) {
	var answer protocol.StartAnswer
	member := message.Name(&answer, &answer.Items)
	if s.inInput() {
		return "$type($items) = 'array'", fmt.Sprintf(`{"%s": [...]}`, member)
	}
	var items protocol.Items
	in, key := message.In("$items", &items), s.keyIn(&items.Key, &items.Prefix)
	condition = fmt.Sprintf("$type($items) = 'object' and $type(%s) = 'string' and $type(%s) = 'string'", in(&items.Bucket), in(key))
	if s.bucket != nil {
		return condition, fmt.Sprintf(`{"%s": {"%s": "..."}}`, member, message.Name(&items, key))
	}
	return condition, fmt.Sprintf(`{"%s": {"%s": "...", "%s": "..."}}`, member, message.Name(&items, &items.Bucket), message.Name(&items, key))
}

// reader returns the Map's item reader, or nil if the input has the items.
func (s *source) reader() awsstepfunctions.IItemReader {
	var items protocol.Items
	in := message.In("$items", &items)
	bucket, key := jsii.String(expression("%s", in(&items.Bucket))), jsii.String(expression("%s", in(s.keyIn(&items.Key, &items.Prefix))))
	file := &awsstepfunctions.S3FileItemReaderProps{BucketNamePath: bucket, Key: key, MaxItems: s.maxItems}
	switch s.format {
	case protocol.FormatJSONLines:
		return awsstepfunctions.NewS3JsonLItemReader(file)
	case protocol.FormatJSON:
		return awsstepfunctions.NewS3JsonItemReader(file)
	case protocol.FormatInventory:
		return awsstepfunctions.NewS3ManifestItemReader(file)
	case protocol.FormatCSV:
		headers := awsstepfunctions.CsvHeaders_UseFirstRow()
		if s.headers != nil {
			headers = awsstepfunctions.CsvHeaders_Use(s.headers)
		}
		return awsstepfunctions.NewS3CsvItemReader(&awsstepfunctions.S3CsvItemReaderProps{
			BucketNamePath: bucket, Key: key, MaxItems: s.maxItems, CsvHeaders: headers, CsvDelimiter: s.delimiter,
		})
	case protocol.FormatObjects:
		// By the name of the bucket, not by the input's: the CDK would grant the
		// list of every bucket.
		return awsstepfunctions.NewS3ObjectsItemReader(&awsstepfunctions.S3ObjectsItemReaderProps{
			Bucket: s.bucket, Prefix: key, MaxItems: s.maxItems,
		})
	}
	return nil
}

// description returns the input of the chunker.
func (s *source) description() object {
	var items protocol.Items
	var described protocol.SourceDescription
	in := message.In("$items", &items)
	members := []message.Member{
		message.Set(&described.Format, s.format),
		message.Set(&described.Bucket, expression("%s", in(&items.Bucket))),
		message.Set(s.keyIn(&described.Key, &described.Prefix), expression("%s", in(s.keyIn(&items.Key, &items.Prefix)))),
	}
	if s.maxItems != nil {
		members = append(members, message.Set(&described.MaxItems, s.maxItems))
	}
	if s.format == protocol.FormatCSV {
		var csv protocol.CSVLayout
		layout := []message.Member{message.Set(&csv.Delimiter, s.delimiter)}
		if s.headers != nil {
			layout = append(layout, message.Set(&csv.Headers, s.headers))
		}
		members = append(members, message.Set(&described.CSV, message.Object(&csv, layout...)))
	}
	return message.Object(&described, members...)
}

func (s *source) validate(found *refusal.Problems) {
	if s.format == protocol.FormatObjects && s.bucket == nil {
		found.Add("Source.Bucket: got nothing, expected the bucket whose objects are the items")
	} else if s.key != nil && s.bucket == nil {
		found.Add("Source.Key: got %q without a Bucket, expected one: if the input names the bucket, it names the key", *s.key)
	}
	if s.headers != nil && len(*s.headers) == 0 {
		found.Add("Source.Headers: got an empty list, expected the names of the columns, or nil if the first row has them")
	}
	found.Whole("Source.MaxItems", s.maxItems, 1, protocol.MaxItems)
}
