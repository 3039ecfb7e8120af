package objectstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// userFile makes a file in a bucket's folder.
func userFile(t interface{ Fatal(...any) }, folder, path string) {
	file := filepath.Join(folder, "buckets", "bucket", filepath.FromSlash(path))
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(path), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFoldersOfAUserAndOfTheStoreAreMerged(t *testing.T) {
	folder := t.TempDir()
	store, client := startIn(t, folder)
	put := func(key string) {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader("put")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"v1.2/b", "v1.2/x.y/d", "v1.2/z"} { // v1.2%/b%, v1.2%/x.y%/d%
		put(key)
	}
	for _, path := range []string{"v1.2/a", "v1.2/c", "v1.2/z", "v1.2/x.y/e", "v1.2%/x.y/f", "v1.2%/g", "v1.2%/h.json"} {
		userFile(t, folder, path)
	}
	expected := []string{"v1.2/a", "v1.2/b", "v1.2/c", "v1.2/g", "v1.2/h.json", "v1.2/x.y/d", "v1.2/x.y/e", "v1.2/x.y/f", "v1.2/z"}
	for _, size := range []int32{1, 2, 3, 1000} {
		if diff := cmp.Diff(expected, listedBySDK(t, client, &s3.ListObjectsV2Input{MaxKeys: &size})); diff != "" {
			t.Errorf("in pages of %d (-expected +got):\n%s", size, diff)
		}
		if got := strings.Join(listedBySDK(t, client, &s3.ListObjectsV2Input{MaxKeys: &size, Prefix: aws.String("v1.2/"), Delimiter: aws.String("/")}), " "); got != "v1.2/a v1.2/b v1.2/c v1.2/g v1.2/h.json v1.2/x.y/ v1.2/z" {
			t.Errorf("in pages of %d: got %s, expected one folder", size, got)
		}
	}
	for key, content := range map[string]string{"v1.2/a": "v1.2/a", "v1.2/b": "put", "v1.2/z": "put", "v1.2/g": "v1.2%/g", "v1.2/h.json": "v1.2%/h.json", "v1.2/x.y/f": "v1.2%/x.y/f"} {
		if got := read(t, store, key); got != content {
			t.Errorf("%s: got %q, expected %q", key, got, content)
		}
	}
	for _, key := range expected {
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: &key}); err != nil {
			t.Fatal(err)
		}
	}
	if left := listedBySDK(t, client, &s3.ListObjectsV2Input{}); len(left) > 0 {
		t.Errorf("got %q, expected no object after all were deleted", left)
	}
}

// Whatever files are in a bucket's folder, each listed key can be opened and deleted.
func TestEveryListedKeyIsAnObject(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "a%", "a.b", "a.b%", "%", "%%", "%41", "^A", "A", "a%%", "%2E", ".x", "%long"})
	rapid.Check(t, func(rt *rapid.T) {
		folder := t.TempDir()
		store, _ := startIn(t, folder)
		for _, names := range rapid.SliceOfN(rapid.SliceOfN(name, 1, 3), 1, 6).Draw(rt, "paths") {
			file := filepath.Join(append([]string{folder, "buckets", "bucket"}, names...)...)
			if os.MkdirAll(filepath.Dir(file), 0o700) == nil {
				_ = os.WriteFile(file, nil, 0o600) // may be a folder
			}
		}
		last := ""
		for key, err := range store.Keys(t.Context(), "bucket", "") {
			if err != nil || key <= last {
				rt.Fatalf("got key %q after %q and error %v, expected ascending keys", key, last, err)
			}
			last = key
			object, err := store.Open(t.Context(), "bucket", key)
			if err != nil {
				rt.Fatalf("%q: got error %v, expected the object that is listed", key, err)
			}
			object.Close()
		}
	})
}

func TestANamedPipeIsNoObject(t *testing.T) {
	folder := t.TempDir()
	_, client := startIn(t, folder)
	userFile(t, folder, "file.txt")
	pipe := filepath.Join(folder, "buckets", "bucket", "pipe.txt")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	go func() { done <- strings.Join(listedBySDK(t, client, &s3.ListObjectsV2Input{}), " ") }()
	select {
	case got := <-done:
		if got != "file.txt" {
			t.Errorf("got %q, expected the file only", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("got no answer in 10 s, expected a list without the pipe")
		if writer, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil { // ends the request
			writer.Close()
		}
	}
}

func TestWritesGoOnAfterAUserDeletesFolders(t *testing.T) {
	folder := t.TempDir()
	store, client := startIn(t, folder)
	for _, deleted := range []string{"uploads", "records", "buckets/bucket/a"} {
		if err := os.RemoveAll(filepath.Join(folder, deleted)); err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a/b"), Body: strings.NewReader(deleted), Metadata: map[string]string{"a": "b"}}); err != nil {
			t.Errorf("%s: %v", deleted, err)
		} else if got := read(t, store, "a/b"); got != deleted {
			t.Errorf("got %q, expected %q", got, deleted)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "buckets", "bucket", "c%", "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("c")}); err != nil {
		t.Errorf("got error %v of an object that is not there, expected none", err)
	}
}

func TestALongKeyStaysListedWhileItIsWritten(t *testing.T) {
	_, client := startIn(t, t.TempDir())
	key := strings.Repeat("k", 1000)
	put := func(i int) {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader("x"),
			Metadata: map[string]string{"try": fmt.Sprint(i, strings.Repeat("m", 1500))}}); err != nil {
			t.Error(err)
		}
	}
	put(0)
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := range 400 {
			put(i)
		}
	})
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for missing, lists := 0, 0; ; lists++ {
		select {
		case <-done:
			if missing > 0 {
				t.Errorf("got %d of %d lists without the key, expected it in all", missing, lists)
			}
			return
		default:
			if len(listedBySDK(t, client, &s3.ListObjectsV2Input{})) != 1 {
				missing++
			}
		}
	}
}
