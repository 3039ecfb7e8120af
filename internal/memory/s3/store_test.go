package s3_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/memory/s3"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
)

var (
	_ objects.Store = (*s3.Store)(nil)
	_ s3object.API  = (*s3.Store)(nil)
)

// write writes an object as the engine does.
func write(t *testing.T, s *s3.Store, bucket, key, body string) {
	t.Helper()
	w, err := s.Create(t.Context(), bucket, key)
	if err == nil {
		_, err = io.WriteString(w, body)
		err = objects.Finish(w, err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestEngineAndClientsSeeTheSameObjects(t *testing.T) {
	s := s3.New("b")
	write(t, s, "b", "results/manifest.json", `{"a":1}`)
	got, err := s3fake.Client(s).GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("results/manifest.json")})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(got.Body); string(body) != `{"a":1}` || err != nil {
		t.Errorf("got %q (error %v), expected what the engine wrote", body, err)
	}
	if _, err := s.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("results/x"), Body: strings.NewReader("xyz")}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "b", "results/x")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); string(body) != "xyz" || err != nil {
		t.Errorf("got %q (error %v), expected what the client wrote", body, err)
	}
	var keys []string
	for o, err := range s.List(t.Context(), "b", "results/") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	if diff := cmp.Diff([]string{"results/manifest.json", "results/x"}, keys); diff != "" {
		t.Error(diff)
	}
}

func TestAnObjectThatIsGivenUpDoesNotExist(t *testing.T) {
	s := s3.New("b")
	w, err := s.Create(t.Context(), "b", "k")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := objects.Finish(w, broken); !errors.Is(err, broken) {
		t.Errorf("got %v, expected the error of the writer", err)
	}
	if _, err := s.Open(t.Context(), "b", "k"); !errors.Is(err, objects.ErrNoObject) {
		t.Errorf("got %v, expected that the object does not exist", err)
	}
}

func TestBucketsThatDoNotExist(t *testing.T) {
	s := s3.New("b")
	_, opened := s.Open(t.Context(), "none", "k")
	_, created := s.Create(t.Context(), "none", "k")
	var listed error
	for _, err := range s.List(t.Context(), "none", "") {
		listed = err
	}
	for what, err := range map[string]error{"Open": opened, "Create": created, "List": listed} {
		if !errors.Is(err, objects.ErrNoBucket) {
			t.Errorf("%s: got %v, expected that the bucket does not exist", what, err)
		}
	}
	every := s3.New()
	write(t, every, "any", "k", "v")
	if _, err := every.Open(t.Context(), "any", "k"); err != nil {
		t.Errorf("got %v, expected that every bucket exists in a store without a list of them", err)
	}
}

// A list has as many pages as it needs, for the engine too.
func TestLongLists(t *testing.T) {
	s := s3.New("b")
	for i := range 2500 {
		write(t, s, "b", "k/"+string(rune('a'+i%26))+strings.Repeat("x", i/26), "")
	}
	count, last := 0, ""
	for o, err := range s.List(t.Context(), "b", "k/") {
		if err != nil || o.Key <= last {
			t.Fatalf("got %q after %q (error %v), expected ascending keys", o.Key, last, err)
		}
		count, last = count+1, o.Key
	}
	if count != 2500 {
		t.Errorf("got %d objects, expected 2500", count)
	}
}

// The times of objects are those of the test's clock.
func TestTimesAreThoseOfTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := s3.New("b")
		time.Sleep(90 * time.Minute)
		write(t, s, "b", "k", "v")
		head, err := s3fake.Client(s).HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
		if err != nil {
			t.Fatal(err)
		}
		if expected := time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC); !head.LastModified.Equal(expected) {
			t.Errorf("got %s, expected %s", head.LastModified, expected)
		}
	})
}

func TestPartsAndUploadsAreListed(t *testing.T) {
	s := s3.New("b")
	client := s3fake.Client(s)
	upload := func(key string) *string {
		out, err := client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String("b"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		return out.UploadId
	}
	first := upload("k")
	upload("a/b")
	upload("a/b")
	for _, number := range []int32{7, 2, 9} {
		if _, err := client.UploadPart(t.Context(), &sdk.UploadPartInput{Bucket: aws.String("b"), Key: aws.String("k"), UploadId: first, PartNumber: &number, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []int32
	pages := sdk.NewListPartsPaginator(client, &sdk.ListPartsInput{Bucket: aws.String("b"), Key: aws.String("k"), UploadId: first, MaxParts: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range page.Parts {
			numbers = append(numbers, *part.PartNumber)
		}
	}
	if diff := cmp.Diff([]int32{2, 7, 9}, numbers); diff != "" {
		t.Error(diff)
	}
	for prefix, expected := range map[string][]string{"": {"a/b", "a/b", "k"}, "a": {"a/b", "a/b"}, "z": nil} {
		out, err := client.ListMultipartUploads(t.Context(), &sdk.ListMultipartUploadsInput{Bucket: aws.String("b"), Prefix: &prefix})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, u := range out.Uploads {
			keys = append(keys, *u.Key)
		}
		if diff := cmp.Diff(expected, keys); diff != "" {
			t.Errorf("prefix %q: %s", prefix, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := s3.New("b")
	client := s3fake.Client(s)
	write(t, s, "b", "k", "v")
	put := func(in sdk.PutObjectInput) error {
		in.Bucket, in.Key, in.Body = aws.String("b"), aws.String("k"), strings.NewReader("w")
		_, err := client.PutObject(t.Context(), &in)
		return err
	}
	copied := func(source string, more ...func(*sdk.CopyObjectInput)) error {
		in := &sdk.CopyObjectInput{Bucket: aws.String("b"), Key: aws.String("to"), CopySource: &source}
		for _, f := range more {
			f(in)
		}
		_, err := client.CopyObject(t.Context(), in)
		return err
	}
	small := func() error {
		to := sdk.CreateMultipartUploadInput{Bucket: aws.String("b"), Key: aws.String("k")}
		u, err := client.CreateMultipartUpload(t.Context(), &to)
		var parts []types.CompletedPart
		for number := int32(1); number < 3 && err == nil; number++ {
			var part *sdk.UploadPartOutput
			part, err = client.UploadPart(t.Context(), &sdk.UploadPartInput{Bucket: to.Bucket, Key: to.Key, UploadId: u.UploadId, PartNumber: &number, Body: strings.NewReader("x")})
			if err == nil {
				parts = append(parts, types.CompletedPart{ETag: part.ETag, PartNumber: &number})
			}
		}
		if err == nil {
			_, err = client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{Bucket: to.Bucket, Key: to.Key, UploadId: u.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
		}
		return err
	}
	for name, c := range map[string]struct {
		err      error
		expected string
	}{
		"too much metadata":               {put(sdk.PutObjectInput{Metadata: map[string]string{"m": strings.Repeat("x", 2048)}}), "MetadataTooLarge 400"},
		"another checksum":                {put(sdk.PutObjectInput{ChecksumCRC32: aws.String("AAAAAA==")}), "BadDigest 400"},
		"another MD5":                     {put(sdk.PutObjectInput{ContentMD5: aws.String("1B2M2Y8AsgTpgAmY7PhCfg==")}), "BadDigest 400"},
		"If-None-Match with an ETag":      {put(sdk.PutObjectInput{IfNoneMatch: aws.String(`"x"`)}), "NotImplemented 501"},
		"a copy of no object":             {copied("b"), "InvalidArgument 400"},
		"a copy of a version":             {copied("b/k?versionId=7"), "NotImplemented 501"},
		"a source of another ETag":        {copied("b/k", func(in *sdk.CopyObjectInput) { in.CopySourceIfMatch = aws.String("x") }), "PreconditionFailed 412"},
		"a source that has not changed":   {copied("b/k", func(in *sdk.CopyObjectInput) { in.CopySourceIfModifiedSince = aws.Time(time.Now().Add(time.Hour)) }), "PreconditionFailed 412"},
		"parts that are not large enough": {small(), "EntityTooSmall 400"},
	} {
		if got := strings.TrimPrefix(refusalText(c.err), "refused: "); got != c.expected {
			t.Errorf("%s: got %s, expected %s (%v)", name, got, c.expected, c.err)
		}
	}
	if copied("b/k", func(in *sdk.CopyObjectInput) { in.CopySourceIfNoneMatch = aws.String("x") }) != nil {
		t.Error("got an error of a copy whose condition holds")
	}
}

// A body that ends before its length is no object.
func TestABodyThatBreaksIsNotWritten(t *testing.T) {
	s := s3.New("b")
	for name, r := range map[string]*http.Request{
		"too short":        httptest.NewRequest(http.MethodPut, "/b/k", strings.NewReader("abc")),
		"malformed chunks": httptest.NewRequest(http.MethodPut, "/b/k", strings.NewReader("no chunks")),
	} {
		r.ContentLength = 10
		if name != "too short" {
			r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
			r.Header.Set("X-Amz-Decoded-Content-Length", "10")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "IncompleteBody") {
			t.Errorf("%s: got %d %s, expected IncompleteBody", name, w.Code, w.Body)
		}
		if _, err := s.Open(t.Context(), "b", "k"); !errors.Is(err, objects.ErrNoObject) {
			t.Errorf("%s: got %v, expected no object", name, err)
		}
	}
}
