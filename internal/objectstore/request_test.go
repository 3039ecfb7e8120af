package objectstore_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestWhatIsNotSupportedIsRefused(t *testing.T) {
	store, client := startIn(t, t.TempDir())
	ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("a")
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("text")}); err != nil {
		t.Fatal(err)
	}
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}
	for name, do := range map[string]func() error{
		"PutObjectTagging": func() error {
			_, err := client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: tags})
			return err
		},
		"GetObjectTagging": func() error {
			_, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
			return err
		},
		"DeleteObjectTagging": func() error {
			_, err := client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: bucket, Key: key})
			return err
		},
		"GetObjectAttributes": func() error {
			_, err := client.GetObjectAttributes(ctx, &s3.GetObjectAttributesInput{Bucket: bucket, Key: key, ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag}})
			return err
		},
		"PutObjectAcl": func() error {
			_, err := client.PutObjectAcl(ctx, &s3.PutObjectAclInput{Bucket: bucket, Key: key, ACL: types.ObjectCannedACLPrivate})
			return err
		},
		"DeleteBucketPolicy": func() error {
			_, err := client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: bucket})
			return err
		},
		"UploadPartCopy": func() error {
			_, err := client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String("bucket/a")})
			return err
		},
		"CopyObject on a condition": func() error {
			_, err := client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("b"), CopySource: aws.String("bucket/a"), CopySourceIfMatch: aws.String(`"0"`)})
			return err
		},
		"DeleteObject on a condition": func() error {
			_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key, IfMatch: aws.String(`"0"`)})
			return err
		},
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "NotImplemented") || !strings.Contains(err.Error(), "is not supported by the S3 of this machine") {
			t.Errorf("%s: got error %v, expected NotImplemented", name, err)
		}
		if got := read(t, store, "a"); got != "text" {
			t.Fatalf("%s: got object %q, expected it as it was", name, got)
		}
	}
}

func TestConditionsOfReadsAndUploads(t *testing.T) {
	store, client := startIn(t, t.TempDir())
	ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("a")
	put, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("text")})
	if err != nil {
		t.Fatal(err)
	}
	complete := func(change func(*s3.CompleteMultipartUploadInput)) error {
		upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("parts")})
		if err != nil {
			t.Fatal(err)
		}
		in := &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: upload.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}}}
		change(in)
		_, err = client.CompleteMultipartUpload(ctx, in)
		return err
	}
	other := aws.String(`"00000000000000000000000000000000"`)
	get := func(tag *string) error {
		_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, IfMatch: tag})
		return err
	}
	_, head := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key, IfMatch: other})
	for name, c := range map[string]struct {
		err      error
		expected string
	}{
		"get of this object":                {get(put.ETag), ""},
		"get of another one":                {get(other), "PreconditionFailed"},
		"head of another one":               {head, "StatusCode: 412"},
		"an upload without parts":           {complete(func(in *s3.CompleteMultipartUploadInput) { in.MultipartUpload.Parts = nil }), "MalformedXML"},
		"an upload if there is no object":   {complete(func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") }), "PreconditionFailed"},
		"an upload in place of another one": {complete(func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = other }), "PreconditionFailed"},
	} {
		if (c.err == nil) != (c.expected == "") || c.err != nil && !strings.Contains(c.err.Error(), c.expected) {
			t.Errorf("%s: got error %v, expected %q", name, c.err, c.expected)
		}
	}
	if got := read(t, store, "a"); got != "text" {
		t.Errorf("got object %q, expected it as it was", got)
	}
	if err := complete(func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = put.ETag }); err != nil || read(t, store, "a") != "parts" {
		t.Errorf("got error %v and object %q, expected the parts in place of the object", err, read(t, store, "a"))
	}
}
