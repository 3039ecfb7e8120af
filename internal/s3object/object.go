// Package s3object reads objects of S3 from their beginning to their end, over
// more than one connection where it has to be.
package s3object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// Object is an object of S3, read from beginning to end. Its end is where S3
// said that it is: a connection that ends before is taken up again there, for
// as long as the object is the same. The SDK compares the checksum of an
// object that has one, unless the connection broke.
type Object struct {
	ctx         context.Context
	bucket, key string
	etag        *string
	size        int64 // bytes
	at          int64 // how many of them were read
	body        io.ReadCloser
	broken      int   // connections, since the last byte came
	err         error // that ended the reading, but for io.EOF
}

// mostBroken is how many connections in a row may end without a byte. What
// S3 refuses at once is retried by the SDK, and not counted.
const mostBroken = 5

// Pause is between two of them, and doubles each time. A test may do without.
var Pause = 100 * time.Millisecond

// IncompleteObject is an object that came not as it was stored: its connection
// broke for good, it was replaced in the meantime, or its bytes are others.
type IncompleteObject struct{ message string }

func (e *IncompleteObject) Error() string { return e.message }

func incomplete(format string, args ...any) error {
	return &IncompleteObject{fmt.Sprintf(format, args...)}
}

// Open opens an object. It is read with the context. What S3 refuses has the
// name that S3 gives it, such as NoSuchKey.
func Open(ctx context.Context, bucket, key string) (*Object, error) {
	o := &Object{ctx: ctx, bucket: bucket, key: key}
	answer, err := o.get(&s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	o.body, o.etag = answer.Body, answer.ETag
	if answer.ContentLength == nil {
		answer.Body.Close()
		return nil, incomplete("%s: got an answer without a Content-Length, expected one: the end of the object could not be told from the end of the connection", o)
	}
	o.size = *answer.ContentLength
	return o, nil
}

// Err is what ended the reading, but for the end of the object.
func (o *Object) Err() error { return o.err }

func (o *Object) String() string { return "s3://" + o.bucket + "/" + o.key }

func (o *Object) get(in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	client, err := Client()
	if err != nil {
		return nil, err
	}
	answer, err := client.GetObject(o.ctx, in)
	if err != nil {
		return nil, Refusal(o.String(), err)
	}
	return answer, nil
}

// Refusal says what S3 did not want to give. It keeps the name of the error.
func Refusal(at string, err error) error {
	var named smithy.APIError
	if errors.As(err, &named) {
		switch named.ErrorCode() {
		case "NoSuchBucket":
			return fmt.Errorf("%s: got no such bucket, expected one that is there: %w", at, err)
		case "NoSuchKey":
			return fmt.Errorf("%s: got no such object, expected one that is there: %w", at, err)
		case "AccessDenied":
			return fmt.Errorf("%s: got no access, expected a role that may read it (of an object that is not there S3 says this too, to who may not list the bucket): %w", at, err)
		}
	}
	return fmt.Errorf("%s: %w", at, err)
}

// Read reads on, over another connection where one has ended too early.
func (o *Object) Read(p []byte) (n int, err error) {
	if o.err != nil {
		return 0, o.err
	}
	if n, err = o.read(p); err != nil && err != io.EOF {
		o.err = err
	}
	return n, err
}

func (o *Object) read(p []byte) (int, error) {
	for {
		n, err := o.body.Read(p)
		if o.at += int64(n); n > 0 {
			o.broken = 0
		}
		switch {
		case err == nil:
			return n, nil
		case o.at == o.size && errors.Is(err, io.EOF):
			return n, io.EOF
		case o.ctx.Err() != nil:
			return n, fmt.Errorf("%s: after %d of %d bytes: %w", o, o.at, o.size, o.ctx.Err())
		case o.at >= o.size: // all of it came, and the SDK does not like it
			return n, incomplete("%s: got %v, expected the %d bytes that were stored", o, err, o.size)
		}
		if err := o.resume(err); err != nil {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
	}
}

// resume goes on where the connection broke.
func (o *Object) resume(cause error) error {
	if o.broken++; o.broken > mostBroken {
		return incomplete("%s: got %d connections in a row that ended after %d bytes (%v), expected %d bytes", o, o.broken, o.at, cause, o.size)
	}
	if o.broken > 1 {
		select {
		case <-time.After(Pause << (o.broken - 2)):
		case <-o.ctx.Done(): // the request says so
		}
	}
	from := fmt.Sprintf("bytes=%d-", o.at)
	answer, err := o.get(&s3.GetObjectInput{Bucket: &o.bucket, Key: &o.key, Range: &from, IfMatch: o.etag})
	var named smithy.APIError
	if errors.As(err, &named) && named.ErrorCode() == "PreconditionFailed" {
		return incomplete("%s: got another object in its place after %d of %d bytes, expected the one with the ETag %s", o, o.at, o.size, aws.ToString(o.etag))
	}
	if err != nil {
		return err
	}
	o.body.Close()
	o.body = answer.Body
	if got := aws.ToString(answer.ContentRange); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", o.at)) {
		return incomplete("%s: got the range %q, expected %s", o, got, from)
	}
	return nil
}

// Close ends the connection.
func (o *Object) Close() error { return o.body.Close() }
