package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/objectstore"
)

// start serves a store with one bucket until the test ends.
func start(t *testing.T, written objectstore.Written) (store *objectstore.Store, client *s3.Client, folder string) {
	t.Helper()
	folder = t.TempDir()
	store, err := objectstore.New(folder, written)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return store, serve(t, store), folder
}

// serve serves a store until the test ends.
func serve(t *testing.T, store *objectstore.Store) *s3.Client {
	t.Helper()
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	return s3.New(s3.Options{BaseEndpoint: &server.URL, UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
}

func read(t *testing.T, store *objectstore.Store, key string) string {
	t.Helper()
	object, err := store.Open(context.Background(), "bucket", key)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	text, err := io.ReadAll(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSDKAndEngineSeeTheSameObjects(t *testing.T) {
	store, client, folder := start(t, nil)
	ctx := context.Background()
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a/from sdk.json"), Body: strings.NewReader("{}")}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, store, "a/from sdk.json"); got != "{}" {
		t.Errorf("got %q, expected what the SDK put", got)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "buckets", "bucket", "a", "from sdk.json")); err != nil || string(text) != "{}" {
		t.Errorf("got %q and error %v, expected the object as a file", text, err)
	}

	w, err := store.Create(ctx, "bucket", "a/created")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, "bucket", "a/created"); !errors.Is(err, objects.ErrNoObject) {
		t.Errorf("got %v, expected no object before it is whole", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	aborted, err := store.Create(ctx, "bucket", "aborted")
	if err == nil {
		_, err = io.WriteString(aborted, "half of it")
		err = errors.Join(err, aborted.(interface{ Abort() error }).Abort())
	}
	if _, missing := store.Open(ctx, "bucket", "aborted"); err != nil || !errors.Is(missing, objects.ErrNoObject) {
		t.Errorf("got errors %v and %v, expected no object after it was aborted", err, missing)
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a/created")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if text, _ := io.ReadAll(out.Body); string(text) != "hello" {
		t.Errorf("got %q, expected what was created", text)
	}
	for name, find := range map[string]func() error{
		"bucket of an open":  func() error { _, err := store.Open(ctx, "other", "x"); return err },
		"bucket of a create": func() error { _, err := store.Create(ctx, "other", "x"); return err },
		"bucket of a listing": func() error {
			for _, err := range store.List(ctx, "other", "") {
				return err
			}
			return nil
		},
	} {
		if err := find(); !errors.Is(err, objects.ErrNoBucket) {
			t.Errorf("%s: got %v, expected a bucket that is not there", name, err)
		}
	}
}

func TestLists(t *testing.T) {
	store, _, _ := start(t, nil)
	ctx := context.Background()
	const n = 2500
	for i := range n {
		w, err := store.Create(ctx, "bucket", fmt.Sprintf("list/%05d", i))
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at := 0
	for object, err := range store.List(ctx, "bucket", "list/") {
		if err != nil {
			t.Fatal(err)
		}
		if expected := fmt.Sprintf("list/%05d", at); object.Key != expected {
			t.Fatalf("got %s, expected %s", object.Key, expected)
		}
		at++
	}
	if at != n {
		t.Errorf("got %d objects, expected %d", at, n)
	}
	for object := range store.List(ctx, "bucket", "nothing") {
		t.Errorf("got %v, expected nothing under that prefix", object)
	}
}

func TestMultipartUploads(t *testing.T) {
	store, client, folder := start(t, nil)
	ctx := context.Background()
	bucket, key := aws.String("bucket"), aws.String("parts")
	created, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for _, number := range []int32{2, 1, 3} { // in any order
		out, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: created.UploadId, PartNumber: &number,
			Body: bytes.NewReader(bytes.Repeat([]byte{'0' + byte(number)}, 5<<20))})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: &number, ETag: out.ETag})
	}
	parts[0], parts[1] = parts[1], parts[0]
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("wrong")}}}}); err == nil {
		t.Error("got no error for a part with another ETag, expected one")
	}
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}); err != nil {
		t.Fatal(err)
	}
	text := read(t, store, "parts")
	if len(text) != 15<<20 || text[0] != '1' || text[5<<20] != '2' || text[15<<20-1] != '3' {
		t.Errorf("got %d bytes from %q to %q, expected the parts in the order of their numbers", len(text), text[0], text[len(text)-1])
	}

	aborted, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err == nil {
		_, err = client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: aborted.UploadId})
	}
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(folder, "uploads")); len(left) != 0 {
		t.Errorf("got %d files of uploads, expected none after they ended", len(left))
	}
}

func TestWrittenObjectsAreReported(t *testing.T) {
	var reported []string
	_, client, _ := start(t, func(bucket, key string) { reported = append(reported, bucket+"/"+key) })
	ctx := context.Background()
	put := func(bucket, key string) error {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("{}")})
		return err
	}
	if err := errors.Join(put("bucket", "a/1.json"), put("bucket", "a/1.json")); err != nil {
		t.Fatal(err)
	}
	if err := put("nowhere", "a/2.json"); err == nil {
		t.Fatal("got an object in a bucket that is not there")
	}
	upload := &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("large")}
	begun, err := client.CreateMultipartUpload(ctx, upload)
	if err != nil {
		t.Fatal(err)
	}
	part, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: upload.Bucket, Key: upload.Key, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: upload.Bucket, Key: upload.Key, UploadId: begun.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1)}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("large")}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(reported, " "); got != "bucket/a/1.json bucket/a/1.json bucket/large" {
		t.Errorf("got %s, expected each object each time that it was written whole", got)
	}
}
