package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/mapjob/mapjob/internal/memory/s3/core"
)

// The methods of the SDK's client that the handler kit uses. They cost a tenth of what
// a request of HTTP does. What they ignore of their inputs, and leave out of their
// outputs, the kit does not use.

// sdkError returns an error as the SDK's client does. It keeps an error that is not S3's.
func sdkError(operation string, err error) error {
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*core.Refusal](err); ok {
		err = &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: r.Status, Header: http.Header{}}}, Err: modelled(r)}}
	}
	return &smithy.OperationError{ServiceID: s3.ServiceID, OperationName: operation, Err: err}
}

func modelled(r *core.Refusal) error {
	switch r.Code {
	case "NoSuchKey":
		return &types.NoSuchKey{Message: &r.Message}
	case "NoSuchUpload":
		return &types.NoSuchUpload{Message: &r.Message}
	case "NoSuchBucket":
		return &types.NoSuchBucket{Message: &r.Message}
	}
	return &smithy.GenericAPIError{Code: r.Code, Message: r.Message, Fault: r.ErrorFault()}
}

// bodyOf reads a body into bytes of its own.
func bodyOf(body io.Reader) ([]byte, error) {
	size := 0
	if sized, ok := body.(interface{ Len() int }); ok {
		size = sized.Len()
	}
	return readAll(body, size)
}

// setAll sets the attributes that an input has.
func setAll(a *core.Attributes, contentType, encoding, disposition, language, cache *string, expires *time.Time, metadata map[string]string) {
	for _, header := range [...]struct {
		name  string
		value *string
	}{{"Content-Type", contentType}, {"Content-Encoding", encoding}, {"Content-Disposition", disposition}, {"Content-Language", language}, {"Cache-Control", cache}} {
		if header.value != nil {
			a.Set(header.name, *header.value)
		}
	}
	if expires != nil {
		a.Set("Expires", expires.UTC().Format(http.TimeFormat))
	}
	for name, value := range metadata {
		a.Describe(name, value)
	}
}

func member(headers map[string]string, name string) *string {
	if value, ok := headers[name]; ok {
		return &value
	}
	return nil
}

// text returns a member of an answer, which S3 leaves out if it is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// sdkType is the Content-Type that the SDK sends with a body if there is no other.
const sdkType = "application/octet-stream"

// PutObject writes an object. Its output has no ETag, whose sum costs more than the
// rest of it.
func (s *Store) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	content, err := bodyOf(in.Body)
	if err == nil {
		o := &core.Object{Content: content}
		setAll(&o.Attributes, in.ContentType, in.ContentEncoding, in.ContentDisposition, in.ContentLanguage, in.CacheControl, in.Expires, in.Metadata)
		if in.ContentType == nil {
			if o.Headers == nil {
				o.Headers = s.sdkHeaders
			} else {
				o.Set("Content-Type", sdkType)
			}
		}
		err = s.core.Put(aws.ToString(in.Bucket), aws.ToString(in.Key), o, core.Conditions{IfMatch: aws.ToString(in.IfMatch), IfNoneMatch: aws.ToString(in.IfNoneMatch)})
	}
	if err != nil {
		return nil, sdkError("PutObject", err)
	}
	return &s3.PutObjectOutput{}, nil
}

// GetObject reads an object.
func (s *Store) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := s.getObject(in)
	return out, sdkError("GetObject", err)
}

func (s *Store) getObject(in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	if err := core.CheckKey(aws.ToString(in.Key)); err != nil {
		return nil, err
	}
	o, err := s.core.Find(*in.Bucket, *in.Key)
	if err != nil {
		return nil, err
	}
	c := core.Conditions{IfMatch: aws.ToString(in.IfMatch), IfNoneMatch: aws.ToString(in.IfNoneMatch),
		ModifiedSince: aws.ToTime(in.IfModifiedSince), UnmodifiedSince: aws.ToTime(in.IfUnmodifiedSince)}
	if err := c.BeforeRead(o); err != nil {
		return nil, err
	}
	from, to, partly, err := core.Range(aws.ToString(in.Range), len(o.Content))
	if err != nil {
		return nil, err
	}
	out := &s3.GetObjectOutput{AcceptRanges: aws.String("bytes"), Body: io.NopCloser(bytes.NewReader(o.Content[from:to])), ContentLength: aws.Int64(int64(to - from)),
		ContentType: aws.String(o.ContentType()), ETag: aws.String(o.ETag()), LastModified: aws.Time(o.Modified.UTC().Truncate(time.Second)), Metadata: maps.Clone(o.Metadata),
		CacheControl: member(o.Headers, "Cache-Control"), ContentDisposition: member(o.Headers, "Content-Disposition"), ContentEncoding: member(o.Headers, "Content-Encoding"),
		ContentLanguage: member(o.Headers, "Content-Language"), ExpiresString: member(o.Headers, "Expires")}
	if partly {
		out.ContentRange = aws.String(core.ContentRange(from, to, len(o.Content)))
	}
	return out, nil
}

// CopyObject copies an object.
func (s *Store) CopyObject(_ context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	var a core.Attributes
	setAll(&a, in.ContentType, in.ContentEncoding, in.ContentDisposition, in.ContentLanguage, in.CacheControl, in.Expires, in.Metadata)
	ofSource := core.Conditions{IfMatch: aws.ToString(in.CopySourceIfMatch), IfNoneMatch: aws.ToString(in.CopySourceIfNoneMatch),
		ModifiedSince: aws.ToTime(in.CopySourceIfModifiedSince), UnmodifiedSince: aws.ToTime(in.CopySourceIfUnmodifiedSince)}
	o, err := s.copy(aws.ToString(in.Bucket), aws.ToString(in.Key), aws.ToString(in.CopySource), in.MetadataDirective == types.MetadataDirectiveReplace, a,
		ofSource, core.Conditions{IfMatch: aws.ToString(in.IfMatch), IfNoneMatch: aws.ToString(in.IfNoneMatch)})
	if err != nil {
		return nil, sdkError("CopyObject", err)
	}
	return &s3.CopyObjectOutput{CopyObjectResult: &types.CopyObjectResult{ETag: aws.String(o.ETag()), LastModified: aws.Time(o.Modified.UTC().Truncate(time.Second))}}, nil
}

// ListObjectsV2 lists a page of objects.
func (s *Store) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out, err := s.listObjects(in)
	return out, sdkError("ListObjectsV2", err)
}

func (s *Store) listObjects(in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	limit := core.MaxList
	if in.MaxKeys != nil {
		if limit = min(int(*in.MaxKeys), core.MaxList); limit < 0 {
			return nil, core.Invalid("Argument max-keys must be an integer between 0 and 2147483647")
		}
	}
	after := aws.ToString(in.StartAfter)
	if in.ContinuationToken != nil {
		var err error
		if after, err = decodeToken(*in.ContinuationToken); err != nil {
			return nil, err
		}
	}
	found, err := s.core.List(aws.ToString(in.Bucket), aws.ToString(in.Prefix), aws.ToString(in.Delimiter), after, limit)
	if err != nil {
		return nil, err
	}
	encode, err := encoderOf(string(in.EncodingType))
	if err != nil {
		return nil, err
	}
	encoded := func(given string) *string { return aws.String(encode(given)) }
	out := &s3.ListObjectsV2Output{Name: in.Bucket, Prefix: encoded(aws.ToString(in.Prefix)), Delimiter: text(encode(aws.ToString(in.Delimiter))),
		StartAfter: text(encode(aws.ToString(in.StartAfter))), ContinuationToken: in.ContinuationToken, EncodingType: in.EncodingType, MaxKeys: aws.Int32(int32(limit)),
		KeyCount: aws.Int32(int32(len(found.Objects) + len(found.Prefixes))), IsTruncated: aws.Bool(found.Next != "" && limit > 0)}
	if *out.IsTruncated {
		out.NextContinuationToken = aws.String(encodeToken(found.Next))
	}
	for _, o := range found.Objects {
		out.Contents = append(out.Contents, types.Object{Key: encoded(o.Key), ETag: aws.String(o.ETag()), Size: aws.Int64(int64(len(o.Content))),
			LastModified: aws.Time(o.Modified.UTC().Truncate(time.Second)), StorageClass: types.ObjectStorageClassStandard})
	}
	for _, common := range found.Prefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: encoded(common)})
	}
	return out, nil
}

// CreateMultipartUpload begins an object in parts.
func (s *Store) CreateMultipartUpload(_ context.Context, in *s3.CreateMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	var a core.Attributes
	setAll(&a, in.ContentType, in.ContentEncoding, in.ContentDisposition, in.ContentLanguage, in.CacheControl, in.Expires, in.Metadata)
	id, err := s.core.CreateUpload(aws.ToString(in.Bucket), aws.ToString(in.Key), a)
	if err != nil {
		return nil, sdkError("CreateMultipartUpload", err)
	}
	return &s3.CreateMultipartUploadOutput{Bucket: in.Bucket, Key: in.Key, UploadId: &id}, nil
}

// UploadPart writes a part.
func (s *Store) UploadPart(_ context.Context, in *s3.UploadPartInput, _ ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	content, err := bodyOf(in.Body)
	var part *core.Object
	if err == nil {
		part, err = s.core.PutPart(aws.ToString(in.Bucket), aws.ToString(in.Key), aws.ToString(in.UploadId), int(aws.ToInt32(in.PartNumber)), content)
	}
	if err != nil {
		return nil, sdkError("UploadPart", err)
	}
	return &s3.UploadPartOutput{ETag: aws.String(part.ETag())}, nil
}

// CompleteMultipartUpload makes the parts an object.
func (s *Store) CompleteMultipartUpload(_ context.Context, in *s3.CompleteMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	var names []core.PartName
	if in.MultipartUpload != nil {
		for _, part := range in.MultipartUpload.Parts {
			names = append(names, core.PartName{PartNumber: int(aws.ToInt32(part.PartNumber)), ETag: aws.ToString(part.ETag)})
		}
	}
	o, err := s.core.CompleteUpload(aws.ToString(in.Bucket), aws.ToString(in.Key), aws.ToString(in.UploadId), names,
		core.Conditions{IfMatch: aws.ToString(in.IfMatch), IfNoneMatch: aws.ToString(in.IfNoneMatch)})
	if err != nil {
		return nil, sdkError("CompleteMultipartUpload", err)
	}
	return &s3.CompleteMultipartUploadOutput{Bucket: in.Bucket, Key: in.Key, ETag: aws.String(o.ETag())}, nil
}

// AbortMultipartUpload gives an object in parts up.
func (s *Store) AbortMultipartUpload(_ context.Context, in *s3.AbortMultipartUploadInput, _ ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	if err := s.core.AbortUpload(aws.ToString(in.Bucket), aws.ToString(in.Key), aws.ToString(in.UploadId)); err != nil {
		return nil, sdkError("AbortMultipartUpload", err)
	}
	return &s3.AbortMultipartUploadOutput{}, nil
}
