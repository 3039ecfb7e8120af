package upload_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job/internal/upload"
)

const bucket = "results"

// newStore returns an S3 in memory. refuse returns whether it refuses a request.
func newStore(t *testing.T, refuse func(*http.Request) bool) (*s3object.Store, *s3mem.Backend) {
	t.Helper()
	objects := s3mem.New()
	if err := objects.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	server := gofakes3.New(objects, gofakes3.WithLogger(gofakes3.DiscardLog()), gofakes3.WithTimeSkewLimit(0)).Server()
	return s3object.New(s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse != nil && refuse(r) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
			return
		}
		server.ServeHTTP(w, r)
	}))), objects
}

func stored(objects *s3mem.Backend, key string) ([]byte, bool) {
	o, err := objects.GetObject(bucket, key, nil)
	if err != nil {
		return nil, false
	}
	defer o.Contents.Close()
	text, err := io.ReadAll(o.Contents)
	return text, err == nil
}

func TestAnObjectOfAnySizeIsStoredAsItWasWritten(t *testing.T) {
	t.Parallel()
	store, objects := newStore(t, nil)
	for _, size := range []int{0, 1, 4096, 4097, 1<<20 - 1, 1 << 20, 1<<20 + 1, 1<<20 + 70_000, 17 << 20} {
		for _, piece := range []int{97, 65_537, 3 << 20} {
			key := fmt.Sprint(size, "-", piece)
			text := bytes.Repeat([]byte("0123456789abc"), size/13+1)[:size]
			err := upload.To(t.Context(), store, upload.Target{Object: protocol.Object{Bucket: bucket, Key: key}}, func(w io.Writer) error {
				for rest := text; len(rest) > 0; {
					n := min(piece, len(rest))
					if _, err := w.Write(rest[:n]); err != nil {
						return err
					}
					rest = rest[n:]
				}
				return nil
			})
			if got, there := stored(objects, key); err != nil || !there || !bytes.Equal(got, text) {
				t.Errorf("%d bytes in pieces of %d: got error %v and %d bytes, there: %t", size, piece, err, len(got), there)
			}
		}
	}
}

func TestAnObjectThatIsNotWrittenToItsEndIsNotStored(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, end := range map[string]func() error{
		"an error": func() error { return broken },
		"a panic":  func() error { panic(broken) },
		"an exit":  func() error { runtime.Goexit(); return nil },
	} {
		for _, size := range []int{10, 3 << 20} {
			store, objects := newStore(t, nil)
			done := make(chan error)
			go func() {
				err := errors.New("did not return")
				defer func() { done <- err }()
				defer func() { _ = recover() }()
				err = upload.To(t.Context(), store, upload.Target{Object: protocol.Object{Bucket: bucket, Key: "k"}}, func(w io.Writer) error {
					if _, err := w.Write(make([]byte, size)); err != nil {
						return err
					}
					return end()
				})
			}()
			err := <-done
			if _, there := stored(objects, "k"); there || name == "an error" && !errors.Is(err, broken) {
				t.Errorf("%s after %d bytes: got error %v and an object: %t, expected none", name, size, err, there)
			}
		}
	}
}

func TestAnUploadThatIsRefusedFailsByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size   int
		refuse func(*http.Request) bool
	}{
		"a small object":       {10, func(*http.Request) bool { return true }},
		"the beginning":        {3 << 20, func(*http.Request) bool { return true }},
		"a part":               {40 << 20, func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" }},
		"the end of an upload": {40 << 20, func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") }},
	} {
		store, objects := newStore(t, c.refuse)
		written := 0
		err := upload.To(t.Context(), store, upload.Target{Object: protocol.Object{Bucket: bucket, Key: "k"}}, func(w io.Writer) error {
			for ; written < c.size; written += 1 << 16 {
				if _, err := w.Write(make([]byte, min(c.size, 1<<16))); err != nil {
					return err
				}
			}
			return nil
		})
		if _, there := stored(objects, "k"); there || err == nil || strings.Count(err.Error(), "writing s3://results/k: ") != 1 || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: got error %v and an object: %t, expected the error of S3 with the address, and no object", name, err, there)
		}
	}
}
