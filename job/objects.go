package job

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/s3object"
)

// partSize is what an upload holds of an object at a time, in bytes; 10,000
// parts of it make the largest object, 160 GB.
const partSize = 16 << 20

// smallObject is what is put at once, in bytes: an upload in parts sets up
// three parts before it knows that it needs one.
const smallObject = 1 << 20

// upload streams what write writes to an object, in parts. If write fails, no
// object is left behind.
func upload(ctx context.Context, to *place, write func(io.Writer) error) error {
	client, err := s3object.Client()
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	writing := make(chan error, 1)
	go func() {
		err := exited() // unless write returns
		defer func() {
			writer.CloseWithError(err)
			writing <- err
		}()
		err = recovered(ctx, func() error {
			buffered := bufio.NewWriterSize(writer, 1<<16) // lines are short, and a pipe hands each over by itself
			if err := write(buffered); err != nil {
				return err
			}
			return buffered.Flush()
		})
	}()
	head, err := io.ReadAll(io.LimitReader(reader, smallObject))
	if err != nil { // is the writer's own
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
	reader.CloseWithError(err) // a writer that still writes is told why nobody reads
	if writeErr := <-writing; writeErr != nil && (err == nil || !errors.Is(writeErr, err)) {
		return writeErr
	}
	if err != nil {
		return fmt.Errorf("writing s3://%s/%s: %w", to.Bucket, to.Key, err)
	}
	return nil
}

// put writes an object of a text that is in memory.
func put(ctx context.Context, bucket, key string, text []byte) error {
	client, err := s3object.Client()
	if err != nil {
		return err
	}
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(text)}); err != nil {
		return fmt.Errorf("writing s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// eachLine reads an object of JSON Lines as a stream. A line is only good
// until the next one; empty ones are left out.
func eachLine(ctx context.Context, bucket, key string, do func(line []byte) error) error {
	body, err := open(ctx, bucket, key)
	if err != nil {
		return err
	}
	defer body.Close()
	var long []byte
	for lines := bufio.NewReaderSize(body, 1<<16); ; {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, line...)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading %w", err)
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := do(line); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
		long = long[:0]
	}
}

// open reads an object as a stream.
func open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s3object.Open(ctx, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("reading %w", err)
	}
	return object, nil
}

// keys yields the keys of the objects below a prefix.
func keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		client, err := s3object.Client()
		if err != nil {
			yield("", err)
			return
		}
		pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", fmt.Errorf("listing s3://%s/%s: %w", bucket, prefix, err))
				return
			}
			for _, object := range page.Contents {
				if !yield(aws.ToString(object.Key), nil) {
					return
				}
			}
		}
	}
}

// decodeObject reads an object that is one JSON document.
func decodeObject(ctx context.Context, bucket, key string, into any) error {
	body, err := open(ctx, bucket, key)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("reading s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}
