package s3_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/memory/s3"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
)

// caller sends the requests of a case and records the answers.
type caller struct {
	*sdk.Client
	api     s3object.API // the client, or the store itself
	t       *testing.T
	disk    bool // to the store on disk
	ctx     context.Context
	answers []string
	ids     []string // of uploads, which differ
}

// call records the answer of an operation of the SDK's client.
func call[In, Out any](c *caller, operation func(context.Context, *In, ...func(*sdk.Options)) (*Out, error), in *In) *Out {
	out, err := operation(c.ctx, in)
	text := answerText(out, err)
	for i, id := range c.ids {
		text = strings.ReplaceAll(text, `"`+id+`"`, fmt.Sprintf(`"upload %d"`, i+1))
	}
	c.answers = append(c.answers, fmt.Sprintf("%s %s", strings.TrimPrefix(fmt.Sprintf("%T", in), "*s3."), text))
	return out
}

// differs says how S3 answers the last request. The store on disk answers otherwise.
func (c *caller) differs(expected string) {
	if !c.disk {
		return
	}
	last := &c.answers[len(c.answers)-1]
	name, answer, _ := strings.Cut(*last, " ")
	if answer == expected {
		c.t.Errorf("got %s of the store on disk, expected another answer than that of S3: it need not be an exception any more", *last)
	}
	*last = name + " " + expected
}

func refusalText(err error) string {
	code, status := "?", 0
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if e, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = e.HTTPStatusCode()
	}
	return fmt.Sprintf("refused: %s %d", code, status)
}

// ignored is what may differ: times, and what S3 does not answer always.
var ignored = []string{"LastModified", "Initiated", "CreationDate", "ChecksumCRC32", "DeleteMarker", "Owner", "Location"}

// withoutIgnored returns JSON without null and what is ignored.
func withoutIgnored(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = withoutIgnored(member); v[name] == nil || slices.Contains(ignored, name) {
				delete(v, name)
			}
		}
	case []any:
		for i, element := range v {
			v[i] = withoutIgnored(element)
		}
	}
	return v
}

// answerText returns an answer as JSON, or what was refused.
func answerText(out any, err error) string {
	if err != nil {
		return refusalText(err)
	}
	v := reflect.ValueOf(out).Elem()
	fields := map[string]any{}
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch in := field.Interface().(type) {
		case middleware.Metadata:
			continue
		case io.ReadCloser:
			body, err := io.ReadAll(in)
			fields[name] = string(body)
			if err != nil {
				fields[name] = err.Error()
			}
			continue
		}
		if !field.IsZero() {
			fields[name] = field.Interface()
		}
	}
	text, err := json.Marshal(fields)
	var answer any
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err == nil {
		text, err = json.Marshal(withoutIgnored(answer))
	}
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (c *caller) put(key, body string, more ...func(*sdk.PutObjectInput)) *sdk.PutObjectOutput {
	in := &sdk.PutObjectInput{Bucket: aws.String("b"), Key: &key, Body: strings.NewReader(body)}
	for _, f := range more {
		f(in)
	}
	return call(c, c.api.PutObject, in)
}

func (c *caller) get(key string, more ...func(*sdk.GetObjectInput)) *sdk.GetObjectOutput {
	in := &sdk.GetObjectInput{Bucket: aws.String("b"), Key: &key}
	for _, f := range more {
		f(in)
	}
	return call(c, c.api.GetObject, in)
}

func (c *caller) head(key string) *sdk.HeadObjectOutput {
	return call(c, c.HeadObject, &sdk.HeadObjectInput{Bucket: aws.String("b"), Key: &key})
}

func (c *caller) list(in sdk.ListObjectsV2Input) *sdk.ListObjectsV2Output {
	if in.Bucket == nil {
		in.Bucket = aws.String("b")
	}
	return call(c, c.api.ListObjectsV2, &in)
}

func (c *caller) create(key string) string {
	out := call(c, c.api.CreateMultipartUpload, &sdk.CreateMultipartUploadInput{Bucket: aws.String("b"), Key: &key,
		ContentType: aws.String("text/csv"), Metadata: map[string]string{"made": "in parts"}})
	id := aws.ToString(out.UploadId)
	c.ids = append(c.ids, id)
	last := &c.answers[len(c.answers)-1]
	*last = strings.ReplaceAll(*last, `"`+id+`"`, fmt.Sprintf(`"upload %d"`, len(c.ids)))
	return id
}

func (c *caller) part(key, id string, number int32, body []byte) types.CompletedPart {
	out := call(c, c.api.UploadPart, &sdk.UploadPartInput{Bucket: aws.String("b"), Key: &key, UploadId: &id, PartNumber: &number, Body: bytes.NewReader(body)})
	part := types.CompletedPart{PartNumber: &number}
	if out != nil {
		part.ETag = out.ETag
	}
	return part
}

func (c *caller) complete(key, id string, parts ...types.CompletedPart) *sdk.CompleteMultipartUploadOutput {
	return call(c, c.api.CompleteMultipartUpload, &sdk.CompleteMultipartUploadInput{Bucket: aws.String("b"), Key: &key, UploadId: &id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
}

func (c *caller) copy(to, from string, more ...func(*sdk.CopyObjectInput)) *sdk.CopyObjectOutput {
	in := &sdk.CopyObjectInput{Bucket: aws.String("b"), Key: &to, CopySource: &from}
	for _, f := range more {
		f(in)
	}
	return call(c, c.api.CopyObject, in)
}

var large = bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16) // the smallest part that is not the last

// requests are the requests that both stores get.
var requests = map[string]func(*caller){
	"an object is read as it was written": func(c *caller) {
		c.put("a/b.txt", "hello", func(in *sdk.PutObjectInput) {
			in.ContentType, in.ContentDisposition = aws.String("text/plain"), aws.String("attachment")
			in.Metadata = map[string]string{"Author": "me", "two": "2"}
		})
		c.get("a/b.txt")
		c.head("a/b.txt")
		c.put("a/b.txt", "hello again") // takes its headers away
		c.get("a/b.txt")
		c.put("empty", "")
		c.get("empty")
		c.head("empty")
	},
	"a body is read in ranges": func(c *caller) {
		c.put("k", "0123456789")
		for _, text := range []string{"bytes=0-0", "bytes=2-5", "bytes=7-", "bytes=7-99", "bytes=-3", "bytes=10-", "bytes=12-15"} {
			c.get("k", func(in *sdk.GetObjectInput) { in.Range = &text })
		}
		c.get("k", func(in *sdk.GetObjectInput) { in.Range = aws.String("bytes=-99") }) // more than there are
		c.differs(`{"AcceptRanges":"bytes","Body":"0123456789","ContentLength":10,"ContentRange":"bytes 0-9/10","ContentType":"application/octet-stream","ETag":"\"781e5e245d69b566979b86e28d23f2c7\""}`)
	},
	"what does not exist": func(c *caller) {
		none := aws.String("none")
		c.get("k")
		c.head("k")
		c.get("k", func(in *sdk.GetObjectInput) { in.Bucket = none })
		c.put("k", "v", func(in *sdk.PutObjectInput) { in.Bucket = none })
		c.list(sdk.ListObjectsV2Input{Bucket: none})
		call(c, c.HeadObject, &sdk.HeadObjectInput{Bucket: none, Key: none})
		call(c, c.HeadBucket, &sdk.HeadBucketInput{Bucket: none})
		call(c, c.HeadBucket, &sdk.HeadBucketInput{Bucket: aws.String("b")})
		call(c, c.DeleteObject, &sdk.DeleteObjectInput{Bucket: aws.String("b"), Key: none})
		call(c, c.DeleteObject, &sdk.DeleteObjectInput{Bucket: none, Key: none})
		c.copy("k", "b/none")
		c.copy("k", "none/none")
	},
	"an object is deleted": func(c *caller) {
		c.put("k", "v")
		c.put("l", "w")
		call(c, c.DeleteObject, &sdk.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
		c.get("k")
		c.list(sdk.ListObjectsV2Input{})
		call(c, c.DeleteObjects, &sdk.DeleteObjectsInput{Bucket: aws.String("b"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("l")}, {Key: aws.String("never")}}}})
		c.list(sdk.ListObjectsV2Input{})
	},
	"keys of all kinds": func(c *caller) {
		for _, key := range []string{"a b+c%20.txt", "/slash", "x//y", "é/ü.json", "trailing/", "a?b=c&d#e", "100%", ".", "..dots", strings.Repeat("k", 1024)} {
			c.put(key, key)
			c.get(key)
		}
		c.list(sdk.ListObjectsV2Input{EncodingType: types.EncodingTypeUrl})
		c.put(strings.Repeat("k", 1025), "too long")
	},
	"lists": func(c *caller) {
		for _, key := range []string{"c", "a/1", "a/2", "a/2/x", "b/1", "B", "d+e", "a-"} {
			c.put(key, "body of "+key)
		}
		delimiter := aws.String("/")
		c.list(sdk.ListObjectsV2Input{})
		c.list(sdk.ListObjectsV2Input{Prefix: aws.String("a/")})
		c.list(sdk.ListObjectsV2Input{Prefix: aws.String("nothing")})
		c.list(sdk.ListObjectsV2Input{Delimiter: delimiter})
		c.list(sdk.ListObjectsV2Input{Prefix: aws.String("a/"), Delimiter: delimiter})
		c.list(sdk.ListObjectsV2Input{Prefix: aws.String("a"), Delimiter: aws.String("/2")})
		c.list(sdk.ListObjectsV2Input{StartAfter: aws.String("a/1")})
		c.list(sdk.ListObjectsV2Input{StartAfter: aws.String("a/"), Delimiter: delimiter})
		c.list(sdk.ListObjectsV2Input{MaxKeys: aws.Int32(0)})
		c.list(sdk.ListObjectsV2Input{MaxKeys: aws.Int32(8)})
		c.list(sdk.ListObjectsV2Input{MaxKeys: aws.Int32(2000), EncodingType: types.EncodingTypeUrl})
		c.list(sdk.ListObjectsV2Input{ContinuationToken: aws.String("not a token!")})
		c.differs("refused: InvalidArgument 400")
		for _, by := range []*string{nil, delimiter} {
			in := sdk.ListObjectsV2Input{MaxKeys: aws.Int32(2), Delimiter: by}
			for more := true; more; {
				page := c.list(in)
				in.ContinuationToken, more = page.NextContinuationToken, aws.ToBool(page.IsTruncated)
			}
			first := sdk.ListObjectsInput{Bucket: aws.String("b"), MaxKeys: aws.Int32(2), Delimiter: by}
			for more := true; more; {
				page := call(c, c.ListObjects, &first)
				first.Marker, more = page.NextMarker, aws.ToBool(page.IsTruncated)
				if n := len(page.Contents); more && by == nil {
					first.Marker = page.Contents[n-1].Key
				}
			}
		}
	},
	"conditions of writes": func(c *caller) {
		match := func(tag string) func(*sdk.PutObjectInput) {
			return func(in *sdk.PutObjectInput) { in.IfMatch = &tag }
		}
		absent := func(in *sdk.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
		c.put("k", "1", match(`"c4ca4238a0b923820dcc509a6f75849b"`))
		c.differs("refused: NoSuchKey 404")
		c.put("k", "1", absent)
		c.put("k", "2", absent)
		c.put("k", "2", match(`"00000000000000000000000000000000"`))
		c.put("k", "2", match(`"c4ca4238a0b923820dcc509a6f75849b"`))
		c.get("k")
	},
	"conditions of reads": func(c *caller) {
		tag := aws.String(`"c4ca4238a0b923820dcc509a6f75849b"`)
		c.put("k", "1")
		other := aws.String(`"00000000000000000000000000000000"`)
		c.get("k", func(in *sdk.GetObjectInput) { in.IfMatch = tag })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfMatch = aws.String("*") })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfMatch = other })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfNoneMatch = tag })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfNoneMatch = other })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfModifiedSince = aws.Time(time.Now().Add(time.Hour)) })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfModifiedSince = aws.Time(time.Now().Add(-time.Hour)) })
		c.get("none", func(in *sdk.GetObjectInput) { in.IfMatch = tag })
		c.get("k", func(in *sdk.GetObjectInput) { in.IfMatch, in.Range = tag, aws.String("bytes=0-0") })
	},
	"copies": func(c *caller) {
		c.put("from a+b", "body", func(in *sdk.PutObjectInput) {
			in.ContentType, in.Metadata = aws.String("text/plain"), map[string]string{"kind": "old"}
		})
		c.copy("to", "b/from%20a%2Bb")
		c.get("to")
		c.copy("to", "/b/from+a%2Bb")
		c.copy("to", "b/from%20a%2Bb", func(in *sdk.CopyObjectInput) {
			in.MetadataDirective, in.Metadata, in.ContentType = types.MetadataDirectiveReplace, map[string]string{"kind": "new"}, aws.String("text/html")
		})
		c.get("to")
		c.copy("to", "b/to", func(in *sdk.CopyObjectInput) {
			in.MetadataDirective, in.Metadata, in.ContentType = types.MetadataDirectiveReplace, map[string]string{"kind": "newest"}, aws.String("text/css")
		})
		c.get("to")
		c.copy("to", "b/to")
		c.differs("refused: InvalidRequest 400")
		for _, source := range []string{"b", "/b", "b/", "/"} {
			c.copy("to", source)
		}
	},
	"an object in parts": func(c *caller) {
		id := c.create("k")
		c.part("k", id, 1, []byte("replaced"))
		one := c.part("k", id, 1, large)
		two := c.part("k", id, 2, []byte("the end"))
		c.get("k")
		c.complete("k", id, one, types.CompletedPart{PartNumber: aws.Int32(3), ETag: two.ETag})
		c.complete("k", id, one, types.CompletedPart{PartNumber: aws.Int32(2), ETag: one.ETag})
		c.complete("k", id, two, one)
		c.complete("k", id, one, two) // the ETag of an object in parts has their number
		c.differs(`{"Bucket":"b","ETag":"\"2cee421f1404f02d0f7498f6947d28fe-2\"","Key":"k"}`)
		c.complete("k", id, one, two)
		c.get("k", func(in *sdk.GetObjectInput) { in.Range = aws.String("bytes=5242878-") })
		c.differs(`{"AcceptRanges":"bytes","Body":"efthe end","ContentLength":9,"ContentRange":"bytes 5242878-5242886/5242887","ContentType":"text/csv","ETag":"\"2cee421f1404f02d0f7498f6947d28fe-2\"","Metadata":{"made":"in parts"}}`)
		c.part("k", id, 3, []byte("too late"))
	},
	"an upload is given up": func(c *caller) {
		id := c.create("k")
		c.part("k", id, 1, []byte("part"))
		abort := &sdk.AbortMultipartUploadInput{Bucket: aws.String("b"), Key: aws.String("k"), UploadId: &id}
		call(c, c.api.AbortMultipartUpload, abort)
		call(c, c.api.AbortMultipartUpload, abort)
		c.part("k", id, 2, []byte("part"))
		c.complete("k", id, types.CompletedPart{PartNumber: aws.Int32(1), ETag: aws.String("x")})
		call(c, c.ListParts, &sdk.ListPartsInput{Bucket: aws.String("b"), Key: aws.String("k"), UploadId: &id})
		c.get("k")
		other := c.create("k")
		c.part("l", other, 1, []byte("of another key"))
		for _, number := range []int32{0, 10001} {
			c.part("k", other, number, []byte("number"))
			c.differs("refused: InvalidArgument 400")
		}
		c.complete("k", other)
	},
	"buckets": func(c *caller) {
		bucket := aws.String("new-bucket")
		call(c, c.CreateBucket, &sdk.CreateBucketInput{Bucket: bucket})
		call(c, c.ListBuckets, &sdk.ListBucketsInput{})
		c.put("k", "v", func(in *sdk.PutObjectInput) { in.Bucket = bucket })
		call(c, c.DeleteBucket, &sdk.DeleteBucketInput{Bucket: bucket})
		call(c, c.DeleteObject, &sdk.DeleteObjectInput{Bucket: bucket, Key: aws.String("k")})
		call(c, c.DeleteBucket, &sdk.DeleteBucketInput{Bucket: bucket})
		call(c, c.DeleteBucket, &sdk.DeleteBucketInput{Bucket: bucket})
		call(c, c.GetBucketLocation, &sdk.GetBucketLocationInput{Bucket: aws.String("b")})
	},
	"what is not supported": func(c *caller) {
		c.put("k", "v")
		call(c, c.PutObjectTagging, &sdk.PutObjectTaggingInput{Bucket: aws.String("b"), Key: aws.String("k"), Tagging: &types.Tagging{TagSet: []types.Tag{}}})
		call(c, c.GetObjectAttributes, &sdk.GetObjectAttributesInput{Bucket: aws.String("b"), Key: aws.String("k"), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag}})
		call(c, c.PutBucketPolicy, &sdk.PutBucketPolicyInput{Bucket: aws.String("b"), Policy: aws.String("{}")})
		c.get("k")
	},
}

func answersOf(c *caller, requests func(*caller)) []string {
	requests(c)
	return c.answers
}

// S3 in memory and S3 on disk answer alike.
func TestTheStoreInMemoryAnswersLikeTheOneOnDisk(t *testing.T) {
	count := 0
	for name, requests := range requests {
		t.Run(name, func(t *testing.T) {
			disk, err := objectstore.New(t.TempDir(), nil)
			if err == nil {
				err = disk.CreateBucket("b")
			}
			if err != nil {
				t.Fatal(err)
			}
			client := s3fake.Client(s3.New("b"))
			memory := answersOf(&caller{Client: client, api: client, t: t, ctx: t.Context()}, requests)
			count += len(memory)
			local := s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Host = "localhost" // else a page in a browser could have sent it
				disk.ServeHTTP(w, r)
			}))
			if diff := cmp.Diff(answersOf(&caller{Client: local, api: local, t: t, disk: true, ctx: t.Context()}, requests), memory); diff != "" {
				t.Errorf("got other answers of the store in memory (+) than of that on disk (-):\n%s", diff)
			}
		})
	}
	if count < 150 {
		t.Errorf("got %d requests, expected at least 150", count)
	}
}

// The methods of the SDK's client answer like the API, but for the ETag of PutObject.
func TestMethodsAnswerLikeTheAPI(t *testing.T) {
	for name, requests := range requests {
		t.Run(name, func(t *testing.T) {
			store, served := s3.New("b"), s3.New("b")
			client := s3fake.Client(served)
			api := answersOf(&caller{Client: client, api: client, t: t, ctx: t.Context()}, requests)
			for i, answer := range api {
				if strings.HasPrefix(answer, "PutObjectInput {") {
					api[i] = "PutObjectInput {}"
				}
			}
			if diff := cmp.Diff(api, answersOf(&caller{Client: s3fake.Client(store), api: store, t: t, ctx: t.Context()}, requests)); diff != "" {
				t.Errorf("got other answers of the methods (+) than of the API (-):\n%s", diff)
			}
		})
	}
}
