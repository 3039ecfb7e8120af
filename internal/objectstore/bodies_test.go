package objectstore_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestBodiesOfChunksAreDecoded(t *testing.T) {
	store, client := startIn(t, t.TempDir())
	long := strings.Repeat("0123456789", 10_000)
	for name, c := range map[string]struct {
		kind, body, expected string
		status               int
	}{
		"with a trailer":         {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "hello", 200},
		"of several chunks":      {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "2\r\n\r\n\r\n3\r\nllo\r\n0\r\n\r\n", "\r\nllo", 200},
		"signed":                 {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\n\r\n", "hello", 200},
		"signed, with a trailer": {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:ef\r\n\r\n", "hello", 200},
		"long":                   {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", fmt.Sprintf("%x\r\n%s\r\n%X\r\n%s\r\n0\r\n\r\n", len(long), long, len(long), long), long + long, 200},
		"empty":                  {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0\r\n\r\n", "", 200},
		"cut off":                {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5\r\nhel", "hello", 0},
		"without chunks":         {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "hello", "hello", 0},
	} {
		key := strings.ReplaceAll(name, " ", "-")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, *client.Options().BaseEndpoint+"/bucket/"+key, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Content-Sha256", c.kind)
		r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(c.expected)))
		r.Header.Set("Content-Encoding", "aws-chunked")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if c.status == 0 {
			if _, err := store.Open(t.Context(), "bucket", key); answer.StatusCode < 400 || err == nil {
				t.Errorf("%s: got status %d, expected an error and no object", name, answer.StatusCode)
			}
			continue
		}
		if answer.StatusCode != c.status {
			t.Errorf("%s: got status %d, expected %d", name, answer.StatusCode, c.status)
		} else if got := read(t, store, key); got != c.expected {
			t.Errorf("%s: got %.60q, expected %.60q", name, got, c.expected)
		}
	}
}

func TestPutsOfOneKeyLeaveOneWholeObject(t *testing.T) {
	folder := t.TempDir()
	store, client := startIn(t, folder)
	put := func(writer int) error {
		in := &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a"), Body: strings.NewReader(strings.Repeat(string(rune('a'+writer)), 10_000+writer))}
		if writer%2 == 0 { // these have a record
			in.Metadata = map[string]string{"writer": strconv.Itoa(writer)}
		}
		_, err := client.PutObject(t.Context(), in)
		return err
	}
	if err := put(0); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for writer := range 8 {
		writers.Go(func() {
			for range 25 {
				if err := put(writer); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for going := true; going; {
		select {
		case <-done:
			going = false
		default:
		}
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a")})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(out.Body)
		out.Body.Close()
		if err != nil || len(text) < 10_000 {
			t.Fatalf("got %d bytes and error %v, expected a whole object", len(text), err)
		}
		writer := int(text[0] - 'a')
		metadata := ""
		if writer%2 == 0 {
			metadata = strconv.Itoa(writer)
		}
		if string(text) != strings.Repeat(string(text[:1]), 10_000+writer) || out.Metadata["writer"] != metadata {
			t.Fatalf("got %d bytes that begin with %.5q and metadata %v, expected those of one writer", len(text), text, out.Metadata)
		}
	}
	if left, err := os.ReadDir(filepath.Join(folder, "uploads")); err != nil || len(left) > 0 {
		t.Errorf("got %v and error %v, expected no file that is being written", left, err)
	}
	if got := read(t, store, "a"); len(got) < 10_000 {
		t.Errorf("got %d bytes, expected a whole object", len(got))
	}
}

func TestAnObjectThatAKilledProcessWasWritingIsNone(t *testing.T) {
	folder := t.TempDir()
	store, _ := startIn(t, folder)
	w, err := store.Create(t.Context(), "bucket", "a")
	if err == nil {
		_, err = io.WriteString(w, "half of")
	}
	if err != nil {
		t.Fatal(err)
	}
	store, client := startIn(t, folder) // the process before did not close it
	if got := listedBySDK(t, client, &s3.ListObjectsV2Input{}); len(got) > 0 {
		t.Errorf("got %q, expected no object", got)
	}
	if _, err := store.Open(t.Context(), "bucket", "a"); err == nil {
		t.Error("got an object, expected none")
	}
	if left, err := os.ReadDir(filepath.Join(folder, "uploads")); err != nil || len(left) > 0 {
		t.Errorf("got %v and error %v, expected the file to be removed", left, err)
	}
}
