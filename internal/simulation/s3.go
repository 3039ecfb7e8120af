package simulation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// gatedS3 is the S3 of functions of the kit: it does without the layers of the SDK,
// which take longer than the calls. It tries again as the SDK's clients do.
type gatedS3 struct{ simulation *Simulation }

type method[In, Out any] = func(context.Context, *In, ...func(*s3.Options)) (*Out, error)

func gated[In, Out any](ctx context.Context, g gatedS3, operation string, in *In, object func() string, do method[In, Out]) (out *Out, err error) {
	s := g.simulation
	for attempt := 1; ; attempt++ {
		passed := s.pass(ctx, call{name: "s3:" + operation, what: object}, func() { out, err = do(ctx, in) })
		if passed != nil {
			out, err = nil, sdkError(operation, passed)
		}
		if err == nil || ctx.Err() != nil || attempt == s.retryer.MaxAttempts() || !s.retryer.IsErrorRetryable(err) {
			return out, err
		}
		if rewind(in) != nil {
			return nil, err
		}
		pause, _ := s.retryer.RetryDelay(attempt, err) // is fixed
		if sleep(ctx, pause) != nil {
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
	if r, ok := errors.AsType[refusal](err); ok {
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
func (g gatedS3) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return gated(ctx, g, "GetObject", in, object(in.Bucket, in.Key), g.simulation.objects.GetObject)
}

// PutObject implements [s3object.API].
func (g gatedS3) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return gated(ctx, g, "PutObject", in, object(in.Bucket, in.Key), g.simulation.objects.PutObject)
}

// CopyObject implements [s3object.API].
func (g gatedS3) CopyObject(ctx context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	return gated(ctx, g, "CopyObject", in, object(in.Bucket, in.Key), g.simulation.objects.CopyObject)
}

// ListObjectsV2 implements [s3object.API].
func (g gatedS3) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return gated(ctx, g, "ListObjectsV2", in, object(in.Bucket, in.Prefix), g.simulation.objects.ListObjectsV2)
}

// CreateMultipartUpload implements [s3object.API].
func (g gatedS3) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	return gated(ctx, g, "CreateMultipartUpload", in, object(in.Bucket, in.Key), g.simulation.objects.CreateMultipartUpload)
}

// UploadPart implements [s3object.API].
func (g gatedS3) UploadPart(ctx context.Context, in *s3.UploadPartInput, _ ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	part := func() string {
		return fmt.Sprint(aws.ToString(in.Bucket), "/", aws.ToString(in.Key), "?", aws.ToInt32(in.PartNumber))
	}
	return gated(ctx, g, "UploadPart", in, part, g.simulation.objects.UploadPart)
}

// CompleteMultipartUpload implements [s3object.API].
func (g gatedS3) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	return gated(ctx, g, "CompleteMultipartUpload", in, object(in.Bucket, in.Key), g.simulation.objects.CompleteMultipartUpload)
}

// AbortMultipartUpload implements [s3object.API].
func (g gatedS3) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, _ ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	return gated(ctx, g, "AbortMultipartUpload", in, object(in.Bucket, in.Key), g.simulation.objects.AbortMultipartUpload)
}
