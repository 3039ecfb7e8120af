// Package s3object reads objects of S3 to their end, over more than one
// connection if it has to, and writes small ones.
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

// Object is an object of S3, read from beginning to end. It ends where S3 said
// that it does: if a connection ends before, another one continues there, as
// long as the object is the same. The SDK compares the checksum of an object
// that has one, unless a connection broke.
type Object struct {
	ctx         context.Context
	client      API
	bucket, key string
	etag        *string
	size        int64 // bytes
	at          int64 // bytes read
	body        io.ReadCloser
	broken      int   // connections since the last byte came
	err         error // that ended the reading, other than io.EOF
}

const (
	// maxBroken is how many connections in a row may end without a byte. The
	// SDK retries what S3 refuses, which is not counted.
	maxBroken = 5
	// firstPause is the pause between the second and the third of them. It
	// doubles each time.
	firstPause = 100 * time.Millisecond
)

// IncompleteObject is the error of an object that did not come as it was
// stored: its connections broke, it was replaced, or its bytes differ.
type IncompleteObject struct {
	Replaced bool // another object is in its place, or none
	message  string
}

func (e *IncompleteObject) Error() string { return e.message }

func incomplete(format string, args ...any) error {
	return &IncompleteObject{message: fmt.Sprintf(format, args...)}
}

func open(ctx context.Context, client API, bucket, key string, after int64) (*Object, error) {
	o := &Object{ctx: ctx, client: client, bucket: bucket, key: key, at: after}
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	if after > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", after))
	}
	answer, err := o.get(in)
	if err != nil {
		return nil, err
	}
	o.body, o.etag = answer.Body, answer.ETag
	if answer.ContentLength == nil {
		answer.Body.Close()
		return nil, incomplete("%s: got an answer without a Content-Length, expected one: without it a connection that broke looks like the object's end", o)
	}
	if got, want := aws.ToString(answer.ContentRange), fmt.Sprintf("bytes %d-", after); after > 0 && !strings.HasPrefix(got, want) {
		answer.Body.Close()
		return nil, incomplete("%s: got the range %q, expected %s", o, got, want)
	}
	o.size = after + *answer.ContentLength
	return o, nil
}

// Err returns the error that ended the reading, other than io.EOF.
func (o *Object) Err() error { return o.err }

func (o *Object) String() string { return "s3://" + o.bucket + "/" + o.key }

func (o *Object) get(in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	answer, err := o.client.GetObject(o.ctx, in)
	if err != nil {
		return nil, Refusal(o.String(), err)
	}
	return answer, nil
}

// Refusal explains an error of S3 about an address. It keeps the error's name.
func Refusal(address string, err error) error {
	var named smithy.APIError
	if errors.As(err, &named) {
		switch named.ErrorCode() {
		case "NoSuchBucket":
			return fmt.Errorf("%s: got no such bucket, expected one that exists: %w", address, err)
		case "NoSuchKey":
			return fmt.Errorf("%s: got no such object, expected one that exists: %w", address, err)
		case "AccessDenied":
			return fmt.Errorf("%s: got no access, expected a role that may read it (S3 says the same of an object that does not exist, if the role may not list the bucket): %w", address, err)
		}
	}
	return fmt.Errorf("%s: %w", address, err)
}

// Read continues over another connection if one has ended too early.
func (o *Object) Read(p []byte) (n int, err error) {
	if o.err != nil {
		return 0, o.err
	}
	if n, err = o.read(p); err != nil && !errors.Is(err, io.EOF) {
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
		case o.at >= o.size: // all of it came, and the SDK refuses it
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

// resume opens another connection where the last one broke.
func (o *Object) resume(cause error) error {
	if o.broken++; o.broken > maxBroken {
		return incomplete("%s: got %d connections in a row that ended after %d bytes (%v), expected %d bytes", o, o.broken, o.at, cause, o.size)
	}
	if o.broken > 1 {
		select {
		case <-time.After(firstPause << (o.broken - 2)):
		case <-o.ctx.Done(): // the request fails with its error
		}
	}
	from := fmt.Sprintf("bytes=%d-", o.at)
	answer, err := o.get(&s3.GetObjectInput{Bucket: &o.bucket, Key: &o.key, Range: &from, IfMatch: o.etag})
	var named smithy.APIError
	if errors.As(err, &named) && (named.ErrorCode() == "PreconditionFailed" || named.ErrorCode() == "NoSuchKey") {
		return &IncompleteObject{true, fmt.Sprintf("%s: got another object in its place, or none, after %d of %d bytes, expected the one with the ETag %s",
			o, o.at, o.size, aws.ToString(o.etag))}
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
