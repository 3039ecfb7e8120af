package items

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"
)

// Source says where items are and how they are written.
type Source struct {
	Place  Place
	Bucket string
	Key    string // of the object or the manifest
	Prefix string // of the objects' keys, for List and Loaded
	Layout Layout
}

// Place says which objects hold the items.
type Place int

// The places of items.
const (
	InObject    Place = iota // the object Key
	InList                   // the objects under Prefix are the items themselves
	InLoaded                 // every object under Prefix holds items
	InInventory              // the files of the S3 inventory whose manifest.json is Key
	InUnload                 // the files of the Athena UNLOAD whose manifest is Key
)

// Layout says how the items of an object are written.
type Layout struct {
	Format Format
	// Pointer is the JSON pointer (RFC 6901) of the array, for JSON. Default:
	// the array is the whole file.
	Pointer string
	// Headers are the names of the columns, for CSV. Default: the first row has
	// them.
	Headers []string
	// Delimiter stands between the fields, for CSV. Default: a comma.
	Delimiter byte
}

// Format is the format of an object.
type Format string

// The formats, by the names of ItemReader's InputType.
const (
	JSONL Format = "JSONL"
	JSON  Format = "JSON"
	CSV   Format = "CSV"
)

// Objects is where a reader finds objects. A reader returns its errors as they
// are.
type Objects interface {
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// List yields the objects whose key starts with prefix, in the order of
	// their keys.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error]
}

// Object is an object of a list.
type Object struct {
	Key          string
	Size         int64
	ETag         string
	LastModified time.Time
	StorageClass string
}

// Error reports items that are not what their format says.
type Error struct {
	At    string // the object or file
	Line  int    // 0 if it is not known
	Cause error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.At, e.Cause)
	}
	return fmt.Sprintf("%s: line %d: %v", e.At, e.Line, e.Cause)
}

func (e *Error) Unwrap() error { return e.Cause }

// Causes that Step Functions has words of its own for.
var (
	ErrNotArray       = errors.New("expected an array of items")
	ErrRepeatedHeader = errors.New("expected headers that do not repeat")
)

// Reader reads the items of a source.
type Reader struct {
	open   func() (stream, error)
	stream stream // nil until the first item is read
}

// stream yields items in two forms. Both end with io.EOF.
type stream interface {
	value() (any, error)
	text() (json.RawMessage, error)
	close() error
}

// Open returns a reader of a source. It opens the source when the first item
// is read.
func Open(ctx context.Context, objects Objects, from Source) *Reader {
	o := &opener{ctx, objects, from}
	return &Reader{open: o.open}
}

// New returns a reader of one object or file that is open, and that the reader
// closes. Errors name it as at.
func New(at string, content io.ReadCloser, layout Layout) *Reader {
	return &Reader{open: func() (stream, error) { return openStream(at, content, layout) }}
}

// Value returns the next item as a value of package value, or io.EOF.
func (r *Reader) Value() (any, error) {
	if err := r.begin(); err != nil {
		return nil, err
	}
	return r.stream.value()
}

// Text returns the next item as JSON text in one line, or io.EOF.
func (r *Reader) Text() (json.RawMessage, error) {
	if err := r.begin(); err != nil {
		return nil, err
	}
	return r.stream.text()
}

func (r *Reader) begin() error {
	if r.stream != nil {
		return nil
	}
	opened, err := r.open()
	if err == nil {
		r.stream = opened
	}
	return err
}

// Texts yields all items as JSON text and closes the reader. An error ends
// them.
func (r *Reader) Texts() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		defer r.Close()
		for {
			text, err := r.Text()
			if errors.Is(err, io.EOF) || !yield(text, err) || err != nil {
				return
			}
		}
	}
}

// Close closes what is open. Nothing can be read after it.
func (r *Reader) Close() error {
	opened := r.stream
	r.stream, r.open = nil, func() (stream, error) { return nil, os.ErrClosed }
	if opened == nil {
		return nil
	}
	return opened.close()
}

// opener opens the objects of a source.
type opener struct {
	ctx     context.Context
	objects Objects
	from    Source
}

func (o *opener) open() (stream, error) {
	switch o.from.Place {
	case InList:
		return o.list(), nil
	case InLoaded:
		return o.loaded(), nil
	case InInventory:
		return o.inventory()
	case InUnload:
		return o.unload()
	}
	return o.object(o.from.Bucket, o.from.Key)
}

// object opens one object of items.
func (o *opener) object(bucket, key string) (stream, error) {
	body, err := o.objects.Open(o.ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return openStream(address(bucket, key), body, o.from.Layout)
}

// address returns the name of an object in errors.
func address(bucket, key string) string { return "s3://" + bucket + "/" + key }

// openStream closes the content if it cannot be read.
func openStream(at string, content io.ReadCloser, layout Layout) (s stream, err error) {
	in := newInput(at, content)
	switch layout.Format {
	case JSONL:
		return &lines{in: in}, nil
	case JSON:
		s, err = openArray(in, layout.Pointer)
	case CSV:
		s, err = openTable(in, layout)
	default:
		err = &Error{At: at, Cause: fmt.Errorf("got the format %q, expected JSONL, JSON or CSV", layout.Format)}
	}
	if err != nil {
		content.Close()
		return nil, err
	}
	return s, nil
}
