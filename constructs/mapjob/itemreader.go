package mapjob

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
)

// itemReader describes how items are read, by the Map or by the job's chunker.
type itemReader struct {
	format       string // empty: the input has the items
	bucket       awss3.IBucket
	inputBuckets []awss3.IBucket
	key          *string // of an object list, the prefix
	pointer      *string // of an array inside JSON
	headers      *[]*string
	delimiter    awsstepfunctions.CsvDelimiter
	maxItems     *float64
}

// inInput reports whether the execution's input has the items.
func (r *itemReader) inInput() bool { return r.format == "" }

// keyIn returns the member of a message that names the object, or of an object
// list the prefix.
func (r *itemReader) keyIn(key, prefix *string) *string {
	if r.format == protocol.FormatObjects {
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
// input names it and the Source. Other members of the input say nothing about them.
func (r *itemReader) location() any {
	var items protocol.Items
	if r.inInput() {
		return jsonata.Expression("%s", itemsOf("$states.input"))
	}
	if r.key != nil {
		return message.Object(&items, message.Set(&items.Bucket, r.bucket.BucketName()), message.Set(r.keyIn(&items.Key, &items.Prefix), r.key))
	}
	return r.taken("$states.input", r.bucket)
}

// taken returns the expression that takes the address of the items from a value,
// and of members beside it only those that are given. If the value has no address,
// it is what the value has in place of one.
func (r *itemReader) taken(value string, bucket awss3.IBucket, beside ...string) string {
	var items protocol.Items
	bucketName, keyName := message.Name(&items, &items.Bucket), message.Name(&items, r.keyIn(&items.Key, &items.Prefix))
	members := []string{fmt.Sprintf("'%s': $named.%[1]s", keyName)}
	if bucket != nil {
		members = append(members, fmt.Sprintf("'%s': '%s'", bucketName, *bucket.BucketName()))
	} else {
		members = append(members, fmt.Sprintf("'%s': $named.%[1]s", bucketName))
	}
	for _, name := range beside {
		members = append(members, fmt.Sprintf("'%s': $named.%[1]s", name))
	}
	condition := fmt.Sprintf("$type($named) = 'object' and $type($named.%s) = 'string'", keyName)
	if bucket == nil {
		condition += fmt.Sprintf(" and $type($named.%s) = 'string'", bucketName)
	}
	return jsonata.Expression("($named := %s; %s ? {%s} : $named)", itemsOf(value), condition, strings.Join(members, ", "))
}

// valid returns the condition that the variable items says where items are, and
// describes such a value.
func (r *itemReader) valid() (condition, expected string) {
	var answer protocol.StartAnswer
	member := message.Name(&answer, &answer.Items)
	if r.inInput() {
		return "$type($items) = 'array'", fmt.Sprintf(`{"%s": [...]}`, member)
	}
	var items protocol.Items
	in, key := message.In("$items", &items), r.keyIn(&items.Key, &items.Prefix)
	condition = fmt.Sprintf("$type($items) = 'object' and $type(%s) = 'string' and $type(%s) = 'string'", in(&items.Bucket), in(key))
	if r.bucket != nil {
		return condition, fmt.Sprintf(`{"%s": {"%s": "..."}}`, member, message.Name(&items, key))
	}
	return condition, fmt.Sprintf(`{"%s": {"%s": "...", "%s": "..."}}`, member, message.Name(&items, &items.Bucket), message.Name(&items, key))
}

// allowed returns the condition that the job takes items from the object that the
// variable items names, and describes such objects. It is empty if the input can't
// name the bucket.
func (r *itemReader) allowed(results awss3.IBucket) (condition, expected string) {
	if r.inInput() || r.bucket != nil {
		return "", ""
	}
	var items protocol.Items
	in := message.In("$items", &items)
	others, or := "false", ""
	if len(r.inputBuckets) > 0 {
		var names []string
		for _, bucket := range r.inputBuckets {
			names = append(names, *bucket.BucketName())
		}
		others = fmt.Sprintf("%s in ['%s']", in(&items.Bucket), strings.Join(names, "', '"))
		or = " & ', or an object in " + strings.Join(names, " or ") + "'"
	}
	return fmt.Sprintf("(%s = '%s' ? %s : %s)", in(&items.Bucket), *results.BucketName(), inOwnFolder(in(&items.Key)), others), ownObjects(results) + or
}

// ownFolder is the expression of the job's own folder of the results bucket.
const ownFolder = "$states.context.StateMachine.Name & '/'"

// inOwnFolder returns the condition that a key of the results bucket, given as an
// expression, is in the job's own folder.
func inOwnFolder(key string) string {
	return fmt.Sprintf("$substring(%s, 0, $length(%s)) = %[2]s", key, ownFolder)
}

// ownObjects returns the expression that describes the objects in that folder.
func ownObjects(results awss3.IBucket) string {
	return fmt.Sprintf("'a key in %s that begins with ' & %s", *results.BucketName(), ownFolder)
}

// lines reads the JSON Lines that a job stores, and the items of a rerun.
func lines() itemReader { return itemReader{format: protocol.FormatJSONLines} }

// readsLines reports whether the items are JSON Lines.
func (r *itemReader) readsLines() bool { return r.format == protocol.FormatJSONLines }

// forMap returns the Map's item reader, or nil if the input has the items. A reader
// of JSON Lines reads the items of a rerun as well, all of them.
func (r *itemReader) forMap() awsstepfunctions.IItemReader {
	var items protocol.Items
	in := message.In("$items", &items)
	bucket, key := jsii.String(jsonata.Expression("%s", in(&items.Bucket))), jsii.String(jsonata.Expression("%s", in(r.keyIn(&items.Key, &items.Prefix))))
	file := &awsstepfunctions.S3FileItemReaderProps{BucketNamePath: bucket, Key: key, MaxItems: r.maxItems}
	switch r.format {
	case protocol.FormatJSONLines:
		if r.maxItems == nil {
			return awsstepfunctions.NewS3JsonLItemReader(file)
		}
		most := jsonata.Expression("%s ? %d : %s", isRerun, protocol.MaxItems, jsonata.Literal(r.maxItems))
		return newFileReader(file, awsstepfunctions.NewS3JsonLItemReader(file), "MaxItems", most)
	case protocol.FormatJSON:
		if r.pointer == nil {
			return awsstepfunctions.NewS3JsonItemReader(file)
		}
		return newFileReader(file, awsstepfunctions.NewS3JsonItemReader(file), "ItemsPointer", *r.pointer)
	case protocol.FormatInventory:
		return awsstepfunctions.NewS3ManifestItemReader(file)
	case protocol.FormatCSV:
		headers := awsstepfunctions.CsvHeaders_UseFirstRow()
		if r.headers != nil {
			headers = awsstepfunctions.CsvHeaders_Use(r.headers)
		}
		return awsstepfunctions.NewS3CsvItemReader(&awsstepfunctions.S3CsvItemReaderProps{
			BucketNamePath: bucket, Key: key, MaxItems: r.maxItems, CsvHeaders: headers, CsvDelimiter: r.delimiter,
		})
	case protocol.FormatObjects:
		// By the name of the bucket, not by the input's: the CDK would grant the
		// list of every bucket.
		return awsstepfunctions.NewS3ObjectsItemReader(&awsstepfunctions.S3ObjectsItemReaderProps{
			Bucket: r.bucket, Prefix: key, MaxItems: r.maxItems,
		})
	}
	return nil
}

// fileReader is a reader of a file with a field that the CDK does not know, or not as
// an expression.
type fileReader struct {
	awsstepfunctions.S3JsonItemReader
	known        awsstepfunctions.IItemReader
	field, value string
}

func newFileReader(props *awsstepfunctions.S3FileItemReaderProps, known awsstepfunctions.IItemReader, field, value string) awsstepfunctions.IItemReader {
	r := &fileReader{known: known, field: field, value: value}
	awsstepfunctions.NewS3JsonItemReader_Override(r, props)
	return r
}

// Render implements the CDK's IItemReader.
func (r *fileReader) Render(language awsstepfunctions.QueryLanguage) any {
	reader := rendered(r.known.Render(language)).(map[string]any)
	reader["ReaderConfig"].(map[string]any)[r.field] = r.value
	return reader
}

// forChunker returns the input of the chunker: the Source, or the items of a rerun.
func (r *itemReader) forChunker() any {
	if r.readsLines() && r.maxItems == nil {
		return r.description()
	}
	rerun := lines()
	return jsonata.Expression("%s ? %s : %s", isRerun, jsonata.Literal(rerun.description()), jsonata.Literal(r.description()))
}

// description returns a [protocol.SourceDescription].
func (r *itemReader) description() jsonata.Object {
	var items protocol.Items
	var described protocol.SourceDescription
	in := message.In("$items", &items)
	members := []message.Member{
		message.Set(&described.Format, r.format),
		message.Set(&described.Bucket, jsonata.Expression("%s", in(&items.Bucket))),
		message.Set(r.keyIn(&described.Key, &described.Prefix), jsonata.Expression("%s", in(r.keyIn(&items.Key, &items.Prefix)))),
	}
	if r.maxItems != nil {
		members = append(members, message.Set(&described.MaxItems, r.maxItems))
	}
	if r.pointer != nil {
		members = append(members, message.Set(&described.ItemsPointer, r.pointer))
	}
	if r.format == protocol.FormatCSV {
		var csv protocol.CSVLayout
		layout := []message.Member{message.Set(&csv.Delimiter, r.delimiter)}
		if r.headers != nil {
			layout = append(layout, message.Set(&csv.Headers, r.headers))
		}
		members = append(members, message.Set(&described.CSV, message.Object(&csv, layout...)))
	}
	return message.Object(&described, members...)
}

// jsonPointer matches the pointers of RFC 6901 but the empty one.
var jsonPointer = regexp.MustCompile(`^(/([^/~]|~[01])*)+$`)

func (r *itemReader) validate(found *refusal.Problems) {
	if r.format == protocol.FormatObjects && r.bucket == nil {
		found.Add("Source.Bucket: got nothing, expected the bucket whose objects are the items")
	} else if r.key != nil && r.bucket == nil {
		found.Add("Source.Key: got %q without a Bucket, expected one: if the input names the bucket, it names the key", *r.key)
	}
	if r.bucket != nil && len(r.inputBuckets) > 0 {
		found.Add("Source.InputBuckets: got %s with a Bucket, expected one of both: with a Bucket, the input names no other", number.Of(len(r.inputBuckets), "bucket"))
	}
	if slices.Contains(r.inputBuckets, nil) {
		found.Add("Source.InputBuckets: got nil in the list, expected buckets")
	}
	if r.pointer != nil && !*awscdk.Token_IsUnresolved(*r.pointer) && !jsonPointer.MatchString(*r.pointer) {
		found.Add("Source.ItemsPointer: got %q, expected a JSON Pointer of the array, such as /orders: a slash before each name, ~1 for a slash in a name and ~0 for a tilde, "+
			"or nil if the array is the whole object", *r.pointer)
	}
	if r.headers != nil && len(*r.headers) == 0 {
		found.Add("Source.Headers: got an empty list, expected the names of the columns, or nil if the first row has them")
	}
	found.Whole("Source.MaxItems", r.maxItems, 1, protocol.MaxItems)
}
