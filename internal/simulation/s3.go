package simulation

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// gatedS3 is the S3 of functions of the kit, which has no need of the SDK's layers.
type gatedS3 struct{ simulation *Simulation }

func gated[In, Out any](ctx context.Context, g gatedS3, operation string, in *In, object func() string,
	do func(context.Context, *In, ...func(*s3.Options)) (*Out, error)) (out *Out, err error) {
	err = g.simulation.pass(ctx, call{name: "s3:" + operation, what: object}, func() (err error) {
		out, err = do(ctx, in)
		return err
	})
	return out, err
}

func object(bucket, key *string) func() string {
	return func() string { return *bucket + "/" + *key }
}

// GetObject implements [s3object.API].
func (g gatedS3) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return gated(ctx, g, "GetObject", in, object(in.Bucket, in.Key), g.simulation.memory.GetObject)
}

// PutObject implements [s3object.API].
func (g gatedS3) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return gated(ctx, g, "PutObject", in, object(in.Bucket, in.Key), g.simulation.memory.PutObject)
}

// CopyObject implements [s3object.API].
func (g gatedS3) CopyObject(ctx context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	return gated(ctx, g, "CopyObject", in, object(in.Bucket, in.Key), g.simulation.memory.CopyObject)
}

// ListObjectsV2 implements [s3object.API].
func (g gatedS3) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return gated(ctx, g, "ListObjectsV2", in, object(in.Bucket, in.Prefix), g.simulation.memory.ListObjectsV2)
}

// CreateMultipartUpload implements [s3object.API].
func (g gatedS3) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	return gated(ctx, g, "CreateMultipartUpload", in, object(in.Bucket, in.Key), g.simulation.memory.CreateMultipartUpload)
}

// UploadPart implements [s3object.API].
func (g gatedS3) UploadPart(ctx context.Context, in *s3.UploadPartInput, _ ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	return gated(ctx, g, "UploadPart", in, object(in.Bucket, in.Key), g.simulation.memory.UploadPart)
}

// CompleteMultipartUpload implements [s3object.API].
func (g gatedS3) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	return gated(ctx, g, "CompleteMultipartUpload", in, object(in.Bucket, in.Key), g.simulation.memory.CompleteMultipartUpload)
}

// AbortMultipartUpload implements [s3object.API].
func (g gatedS3) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, _ ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	return gated(ctx, g, "AbortMultipartUpload", in, object(in.Bucket, in.Key), g.simulation.memory.AbortMultipartUpload)
}
