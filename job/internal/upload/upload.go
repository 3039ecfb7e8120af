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

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/contain"
)

const (
	// partSize is the size of a part, which is in memory as a whole, in bytes. The
	// 10,000 parts that S3 takes make the largest object, 160 GB.
	partSize = 16 << 20
	// smallObject is the largest size uploaded with one PutObject, in bytes. An
	// upload in parts prepares three of them before it knows that it needs one.
	smallObject = 1 << 20
)

// To writes an object. If write fails or panics, no object is left behind.
func To(ctx context.Context, store *s3object.Store, log *slog.Logger, to protocol.Object, write func(io.Writer) error) error {
	client, err := store.Client(ctx)
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	writing := contain.InGoroutine(ctx, log, func() error {
		buffered := bufio.NewWriterSize(writer, 1<<16) // lines are short, and a pipe passes each on by itself
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}, func(err error) { writer.CloseWithError(err) })
	head, err := io.ReadAll(io.LimitReader(reader, smallObject))
	if err != nil { // it is the writer's
		return <-writing
	}
	if len(head) < smallObject {
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &to.Bucket, Key: &to.Key, Body: bytes.NewReader(head)})
	} else {
		_, err = manager.NewUploader(client, func(u *manager.Uploader) {
			u.PartSize = partSize
			u.Concurrency = 2
		}).Upload(ctx, &s3.PutObjectInput{Bucket: &to.Bucket, Key: &to.Key, Body: io.MultiReader(bytes.NewReader(head), reader)})
	}
	reader.CloseWithError(err) // a writer that still writes gets the error
	if writeErr := <-writing; writeErr != nil && (err == nil || !errors.Is(writeErr, err)) {
		return writeErr
	}
	if err != nil {
		return fmt.Errorf("writing s3://%s/%s: %w", to.Bucket, to.Key, err)
	}
	return nil
}
