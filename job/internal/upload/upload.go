// Package upload writes objects of any size to S3 as a stream.
package upload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/contain"
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

// To writes an object. If write fails or panics, no object is left behind.
func To(ctx context.Context, store *s3object.Store, log *slog.Logger, to Target, write func(io.Writer) error) error {
	client, err := store.Client(ctx)
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	written := &counter{to: writer}
	writing := contain.InGoroutine(ctx, log, func() error {
		buffered := bufio.NewWriterSize(written, 1<<16) // lines are short, and a pipe passes each on by itself
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}, func(err error) { writer.CloseWithError(err) })
	head, err := io.ReadAll(io.LimitReader(reader, smallObject))
	if err != nil { // it is the writer's
		return <-writing
	}
	isSmall := len(head) < smallObject
	if isSmall {
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &to.Bucket, Key: &to.Key, Metadata: to.metadata(), Body: bytes.NewReader(head)})
	} else {
		_, err = manager.NewUploader(client, func(u *manager.Uploader) {
			u.PartSize, u.Concurrency = partSize, 2
			if to.Beside {
				u.PartSize, u.Concurrency = smallPartSize, 1
			}
		}).Upload(ctx, &s3.PutObjectInput{Bucket: &to.Bucket, Key: &to.Key, Metadata: to.Expected, Body: io.MultiReader(bytes.NewReader(head), reader)})
	}
	reader.CloseWithError(err) // a writer that still writes gets the error
	if writeErr := <-writing; writeErr != nil && (err == nil || !errors.Is(writeErr, err)) {
		return writeErr
	}
	if err == nil && !isSmall {
		err = to.describe(ctx, client, written.bytes)
	}
	if err != nil {
		return fmt.Errorf("writing s3://%s/%s: %w", to.Bucket, to.Key, err)
	}
	return nil
}

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

// counter counts what is written.
type counter struct {
	to    io.Writer
	bytes int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += int64(n)
	return n, err
}
