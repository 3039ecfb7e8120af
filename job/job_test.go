package job_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

const bucket = "results"

var objects = s3mem.New()

// before is asked before the S3 of a test answers, and reports whether it has
// answered itself.
var before atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]

// TestMain gives the kit an S3 in this process.
func TestMain(m *testing.M) {
	fake := gofakes3.New(objects, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answers := before.Load(); answers == nil || !(*answers)(w, r) {
			fake.ServeHTTP(w, r)
		}
	}))
	if err := objects.CreateBucket(bucket); err != nil {
		panic(err)
	}
	for name, v := range map[string]string{
		"AWS_ENDPOINT_URL_S3": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
	} {
		os.Setenv(name, v)
	}
	items := []byte("0\n1\n2\n\n3\n4\n5\n6\n7") // of those runs that a test invents
	if _, err := objects.PutObject(bucket, "items", map[string]string{}, bytes.NewReader(items), int64(len(items)), nil); err != nil {
		panic(err)
	}
	code := m.Run()
	server.Close()
	os.Exit(code)
}

// intercept has a function answer in place of S3, where it reports that it has.
func intercept(t *testing.T, answers func(http.ResponseWriter, *http.Request) bool) {
	t.Helper()
	before.Store(&answers)
	t.Cleanup(func() { before.Store(nil) })
}

func put(t *testing.T, key, text string) {
	t.Helper()
	if _, err := objects.PutObject(bucket, key, map[string]string{}, bytes.NewReader([]byte(text)), int64(len(text)), nil); err != nil {
		t.Fatal(err)
	}
}

// object is an object's text, and whether it is there.
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

// invoke is what Lambda does: a payload in, a payload or an error out.
func invoke(t *testing.T, h job.Handler, payload string) string {
	t.Helper()
	answer, err := jobtest.Call{}.Invoke(h, []byte(payload))
	if err != nil {
		t.Fatalf("got error %v, expected an answer", err)
	}
	return string(answer)
}

// refused is the error by which a handler fails an invocation, as Lambda names it.
func refused(t *testing.T, h job.Handler, payload string) messages.InvokeResponse_Error {
	t.Helper()
	answer, err := jobtest.Call{}.Invoke(h, []byte(payload))
	out, ok := err.(messages.InvokeResponse_Error) // as aws-lambda-go looks at it: not through errors.As
	if !ok {
		t.Fatalf("got answer %s and error %v, expected an error with a name of its own", answer, err)
	}
	return out
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
