package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/s3object"
)

// S3 is the S3 of functions of the kit: it does without the layers of the SDK, which
// take longer than the calls. It tries again as the SDK's clients do.
type S3 struct {
	Store   s3object.API
	Retryer *retry.Standard
	Pass    Pass
}

type method[In, Out any] = func(context.Context, *In, ...func(*s3.Options)) (*Out, error)

func gated[In, Out any](ctx context.Context, c *S3, operation string, in *In, object func() string, do method[In, Out]) (out *Out, err error) {
	for attempt := 1; ; attempt++ {
		passed := c.Pass(ctx, "s3:"+operation, object, func() { out, err = do(ctx, in) })
		if passed != nil {
			out, err = nil, sdkError(operation, passed)
		}
		if err == nil || ctx.Err() != nil || attempt == c.Retryer.MaxAttempts() || !c.Retryer.IsErrorRetryable(err) {
			return out, err
		}
		if rewind(in) != nil {
			return nil, err
		}
		pause, _ := c.Retryer.RetryDelay(attempt, err) // is fixed
		if fault.Sleep(ctx, pause) != nil {
			return nil, err
		}
	}
}

// rewind lets the body of a request be read once more.
func rewind(in any) error {
	var body io.Reader
	switch in := in.(type) {
	case *s3.PutObjectInput:
		body = in.Body
	case *s3.UploadPartInput:
		body = in.Body
	}
	if body == nil {
		return nil
	}
	seeker, ok := body.(io.Seeker)
	if !ok {
		return errors.New("the body can't be read again")
	}
	_, err := seeker.Seek(0, io.SeekStart)
	return err
}

// sdkError returns the error of a call that did not reach S3, or was refused by a
// fault, as the SDK's client returns it.
func sdkError(operation string, err error) error {
	e := &smithy.OperationError{ServiceID: "S3", OperationName: operation, Err: &smithyhttp.RequestSendError{Err: err}}
	if r, ok := errors.AsType[Refusal](err); ok {
		e.Err = &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: r.Status, Header: http.Header{}}},
			Err:      &smithy.GenericAPIError{Code: r.Code, Message: r.Message},
		}}
	}
	return e
}

func object(bucket, key *string) func() string {
	return func() string { return aws.ToString(bucket) + "/" + aws.ToString(key) }
}

// GetObject implements [s3object.API].
func (c *S3) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return gated(ctx, c, "GetObject", in, object(in.Bucket, in.Key), c.Store.GetObject)
}

// PutObject implements [s3object.API].
func (c *S3) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return gated(ctx, c, "PutObject", in, object(in.Bucket, in.Key), c.Store.PutObject)
}

// CopyObject implements [s3object.API].
func (c *S3) CopyObject(ctx context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	return gated(ctx, c, "CopyObject", in, object(in.Bucket, in.Key), c.Store.CopyObject)
}

// ListObjectsV2 implements [s3object.API].
func (c *S3) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return gated(ctx, c, "ListObjectsV2", in, object(in.Bucket, in.Prefix), c.Store.ListObjectsV2)
}

// CreateMultipartUpload implements [s3object.API].
func (c *S3) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	return gated(ctx, c, "CreateMultipartUpload", in, object(in.Bucket, in.Key), c.Store.CreateMultipartUpload)
}

// UploadPart implements [s3object.API].
func (c *S3) UploadPart(ctx context.Context, in *s3.UploadPartInput, _ ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	part := func() string {
		return fmt.Sprint(aws.ToString(in.Bucket), "/", aws.ToString(in.Key), "?", aws.ToInt32(in.PartNumber))
	}
	return gated(ctx, c, "UploadPart", in, part, c.Store.UploadPart)
}

// CompleteMultipartUpload implements [s3object.API].
func (c *S3) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	return gated(ctx, c, "CompleteMultipartUpload", in, object(in.Bucket, in.Key), c.Store.CompleteMultipartUpload)
}

// AbortMultipartUpload implements [s3object.API].
func (c *S3) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, _ ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	return gated(ctx, c, "AbortMultipartUpload", in, object(in.Bucket, in.Key), c.Store.AbortMultipartUpload)
}
