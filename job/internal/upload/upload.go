// Package upload writes objects of any size to S3 as a stream.
package upload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
)

const (
	// partSize is the size of a part, which is in memory as a whole, in bytes. The
	// 10,000 parts that S3 takes make the largest object, 160 GB.
	partSize = 16 << 20
	// smallPartSize is the smallest that S3 takes, for an object that is written
	// beside another one.
	smallPartSize = 5 << 20
	// smallObject is the largest size uploaded with one PutObject, in bytes. An
	// upload in parts prepares three of them before it knows that it needs one.
	smallObject = 1 << 20
	// firstBytes is the room that an object gets at first.
	firstBytes = 1 << 10
	// maxCopy is the largest object that S3 copies, in bytes.
	maxCopy = 5 << 30
)

// Target is the object that an upload writes.
type Target struct {
	protocol.Object

	// Expected is the metadata that the object will have, as far as it is known
	// before the object is written.
	Expected map[string]string
	// Metadata returns the metadata, when the object is written; nil: none. If a
	// large object has other metadata than was expected, it is copied onto itself.
	Metadata func() map[string]string
	// Beside is set if a large object is written at the same time.
	Beside bool
}

// ErrNoMetadata is wrapped by the error if an object is written, and only its metadata
// is not what it should be.
var ErrNoMetadata = errors.New("the object is written without its metadata")

// To writes an object. If write fails, panics or ends its goroutine, no object is left
// behind.
func To(ctx context.Context, store *s3object.Store, to Target, write func(io.Writer) error) error {
	if _, err := store.Client(ctx); err != nil {
		return err
	}
	o := Begin(ctx, store, to)
	defer o.Abandon()
	if err := write(o); err != nil {
		return err
	}
	return o.Store()
}

// Object is an object that is written. It does not exist before Store.
type Object struct {
	ctx    context.Context
	store  *s3object.Store
	target Target

	written []byte // while the object may be small
	parts   *parts // of a large object
	size    int64
	err     error // of a part
	ended   bool
}

// Begin returns an object to be written. The caller has to call Store or Abandon.
func Begin(ctx context.Context, store *s3object.Store, to Target) *Object {
	return &Object{ctx: ctx, store: store, target: to}
}

// Write adds to the object. After an error the object can't be stored.
func (o *Object) Write(text []byte) (int, error) {
	if o.parts == nil && len(o.written)+len(text) < smallObject {
		if o.written == nil {
			o.written = make([]byte, 0, max(firstBytes, len(text)))
		}
		o.written = append(o.written, text...)
		return len(text), nil
	}
	if o.parts == nil && o.err == nil {
		o.err = o.beginParts()
	}
	if o.err == nil {
		_, o.err = o.parts.buffer.Write(text)
	}
	if o.err != nil {
		return 0, o.failed(o.err)
	}
	o.size += int64(len(text))
	return len(text), nil
}

// Store stores the object. If the error wraps [ErrNoMetadata], it is stored.
func (o *Object) Store() error {
	o.ended = true
	client, err := o.store.Client(o.ctx)
	switch to := &o.target; {
	case err != nil:
	case o.parts != nil:
		if err = o.parts.end(); err == nil {
			err = to.describe(o.ctx, client, o.size)
		}
	case o.err != nil:
		err = o.err
	default:
		_, err = client.PutObject(o.ctx, &s3.PutObjectInput{Bucket: &to.Bucket, Key: &to.Key, Metadata: to.metadata(), Body: bytes.NewReader(o.written)})
	}
	if err != nil {
		return o.failed(err)
	}
	return nil
}

// Abandon ends the writing without an object. It does nothing after Store.
func (o *Object) Abandon() {
	if !o.ended && o.parts != nil {
		o.parts.abandon()
	}
	o.ended = true
}

func (o *Object) failed(err error) error {
	return fmt.Errorf("writing s3://%s/%s: %w", o.target.Bucket, o.target.Key, err)
}

// parts are the parts of a large object, which are uploaded while it is written.
type parts struct {
	buffer   *bufio.Writer // lines are short, and a pipe passes each on by itself
	pipe     *io.PipeWriter
	uploaded chan error
}

// beginParts uploads what was written as the beginning of a large object.
func (o *Object) beginParts() error {
	client, err := o.store.Client(o.ctx)
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	p := &parts{bufio.NewWriterSize(writer, 1<<16), writer, make(chan error, 1)}
	to := &o.target
	in := &s3.PutObjectInput{Bucket: &to.Bucket, Key: &to.Key, Metadata: to.Expected, Body: io.MultiReader(bytes.NewReader(o.written), reader)}
	o.parts, o.size, o.written = p, int64(len(o.written)), nil
	uploader := manager.NewUploader(client, func(u *manager.Uploader) {
		u.PartSize, u.Concurrency = partSize, 2
		if to.Beside {
			u.PartSize, u.Concurrency = smallPartSize, 1
		}
	})
	go func() {
		_, err := uploader.Upload(o.ctx, in)
		reader.CloseWithError(err) // a writer that still writes gets the error
		p.uploaded <- err
	}()
	return nil
}

// end uploads the rest.
func (p *parts) end() error {
	_ = p.buffer.Flush() // its error is that of the upload
	p.pipe.Close()
	return <-p.uploaded
}

// abandon ends the upload, which removes its parts.
func (p *parts) abandon() {
	p.pipe.CloseWithError(errAbandoned)
	<-p.uploaded
}

var errAbandoned = errors.New("the object is not written to its end")

func (t *Target) metadata() map[string]string {
	if t.Metadata == nil {
		return nil
	}
	return t.Metadata()
}

// describe gives a large object its metadata, if it was written with other.
func (t *Target) describe(ctx context.Context, client s3object.API, size int64) error {
	metadata := t.metadata()
	if maps.Equal(metadata, t.Expected) {
		return nil
	}
	if size > maxCopy {
		return fmt.Errorf("%w: it was not known before, and S3 does not copy an object of more than 5 GB onto itself", ErrNoMetadata)
	}
	from := strings.ReplaceAll((&url.URL{Path: t.Bucket + "/" + t.Key}).EscapedPath(), "+", "%2B") // a plus would be a space
	_, err := client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &t.Bucket, Key: &t.Key, CopySource: &from,
		Metadata: metadata, MetadataDirective: types.MetadataDirectiveReplace})
	if err != nil {
		return fmt.Errorf("%w: it was not known before, and copying the object onto itself failed: %w", ErrNoMetadata, err)
	}
	return nil
}
