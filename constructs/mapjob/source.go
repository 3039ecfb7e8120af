package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Source is where a job's items come from if no job start yields them:
// [JSONLines], [JSON], [CSV], [ObjectList], [Inventory] or [InputList].
//
// Sources in S3 have a Bucket, and a Key. With both, the execution's input may be
// anything. With a Bucket and without a Key, the input names any key of the bucket,
// {"items": {"key": …}}. Without a Bucket it names both, {"items": {"bucket": …,
// "key": …}}: in the results bucket a key that begins with the name of the state
// machine and a slash, or any key in one of the InputBuckets. Another object is
// refused with MapJob.NotAllowed, and the job has no permission to read it. Whoever
// starts the job chooses among these objects, also the sender of a webhook's
// request.
type Source interface {
	itemReader() itemReader
}

// JSONLines has an item in each line of an object.
type JSONLines struct {
	// Bucket has the object.
	// Default: the execution's input names it.
	Bucket awss3.IBucket

	// InputBuckets are the buckets of which the execution's input may name one, if
	// there is no Bucket. The job may read all objects in them.
	// Default: the input may name objects in the job's own folder of the results
	// bucket, and no others.
	InputBuckets []awss3.IBucket

	// Key is the key of the object.
	// Default: the execution's input names it.
	Key *string

	// MaxItems is how many items are read, at most: 1 to 100,000,000.
	// Default: all items are read.
	MaxItems *float64
}

// JSON has the items in an object that is one JSON array, or contains it.
type JSON struct {
	// Bucket has the object.
	// Default: the execution's input names it.
	Bucket awss3.IBucket

	// InputBuckets are the buckets of which the execution's input may name one, if
	// there is no Bucket. The job may read all objects in them.
	// Default: the input may name objects in the job's own folder of the results
	// bucket, and no others.
	InputBuckets []awss3.IBucket

	// Key is the key of the object.
	// Default: the execution's input names it.
	Key *string

	// ItemsPointer is the JSON Pointer (RFC 6901) of the array, such as /orders.
	// Default: the array is the whole object.
	ItemsPointer *string

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

	// InputBuckets are the buckets of which the execution's input may name one, if
	// there is no Bucket. The job may read all objects in them.
	// Default: the input may name objects in the job's own folder of the results
	// bucket, and no others.
	InputBuckets []awss3.IBucket

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

	// InputBuckets are the buckets of which the execution's input may name one, if
	// there is no Bucket. The job may read all objects in them.
	// Default: the input may name objects in the job's own folder of the results
	// bucket, and no others.
	InputBuckets []awss3.IBucket

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

func (s *JSONLines) itemReader() itemReader {
	return itemReader{format: protocol.FormatJSONLines, bucket: s.Bucket, inputBuckets: s.InputBuckets, key: s.Key, maxItems: s.MaxItems}
}

func (s *JSON) itemReader() itemReader {
	return itemReader{format: protocol.FormatJSON, bucket: s.Bucket, inputBuckets: s.InputBuckets, key: s.Key, maxItems: s.MaxItems, pointer: s.ItemsPointer}
}

func (s *CSV) itemReader() itemReader {
	delimiter := s.Delimiter
	if delimiter == "" {
		delimiter = awsstepfunctions.CsvDelimiter_COMMA
	}
	return itemReader{format: protocol.FormatCSV, bucket: s.Bucket, inputBuckets: s.InputBuckets, key: s.Key, maxItems: s.MaxItems, headers: s.Headers, delimiter: delimiter}
}

func (s *ObjectList) itemReader() itemReader {
	return itemReader{format: protocol.FormatObjects, bucket: s.Bucket, key: s.Prefix, maxItems: s.MaxItems}
}

func (s *Inventory) itemReader() itemReader {
	return itemReader{format: protocol.FormatInventory, bucket: s.Bucket, inputBuckets: s.InputBuckets, key: s.Key, maxItems: s.MaxItems}
}

func (s *InputList) itemReader() itemReader { return itemReader{} }
