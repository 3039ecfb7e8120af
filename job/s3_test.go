package job_test

import (
	"bytes"
	"io"
	"net/http/httptest"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job"
)

const bucket = "results"

// objects is an S3 in this process. The tests share it, each with its own keys.
var objects = func() *s3mem.Backend {
	b := s3mem.New()
	if err := b.CreateBucket(bucket); err != nil {
		panic(err)
	}
	return b
}()

var fakeS3 = gofakes3.New(objects, gofakes3.WithLogger(gofakes3.DiscardLog()), gofakes3.WithTimeSkewLimit(0)).Server()

// inMemory returns the option of a handler that uses this S3.
func inMemory() job.Option { return job.WithS3(s3fake.Client(fakeS3)) }

// overNetwork returns the option of a handler that uses this S3 over a
// connection, which streams what is read.
func overNetwork(t *testing.T) job.Option {
	server := httptest.NewServer(fakeS3)
	t.Cleanup(server.Close)
	return job.WithS3(s3fake.At(server.URL, server.Client()))
}

func put(t *testing.T, key, text string) {
	t.Helper()
	if _, err := objects.PutObject(bucket, key, map[string]string{}, bytes.NewReader([]byte(text)), int64(len(text)), nil); err != nil {
		t.Fatal(err)
	}
}

// object returns an object's text, and whether it exists.
func object(t *testing.T, key string) (string, bool) {
	t.Helper()
	o, err := objects.GetObject(bucket, key, nil)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer o.Contents.Close()
	text, err := io.ReadAll(o.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), true
}

// remove removes the objects below a prefix.
func remove(t *testing.T, prefix string) {
	t.Helper()
	found, err := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range found.Contents {
		if _, err := objects.DeleteObject(bucket, o.Key); err != nil {
			t.Fatal(err)
		}
	}
}
