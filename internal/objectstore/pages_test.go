package objectstore_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/loopback/loopbacktest"
	"github.com/mapjob/mapjob/internal/objectstore"
)

func TestNoPageUsesABucket(t *testing.T) {
	var reported []string
	store, err := objectstore.New(t.TempDir(), func(_, key string) { reported = append(reported, key) })
	if err == nil {
		err = store.CreateBucket("bucket")
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(store)
	defer server.Close()
	put := loopbacktest.Request{Method: http.MethodPut, Path: "/bucket/a", Body: "text"}
	if status := loopbacktest.Served(t, server.URL, put); status != http.StatusOK {
		t.Fatalf("got status %d for a program of this machine, expected 200", status)
	}
	const form = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nposted\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\ntext\r\n--x--\r\n"
	loopbacktest.Refused(t, server.URL, []loopbacktest.Request{
		{Method: http.MethodGet, Path: "/"},
		{Method: http.MethodGet, Path: "/bucket?list-type=2"},
		{Method: http.MethodGet, Path: "/bucket/a"},
		{Method: http.MethodHead, Path: "/bucket/a"},
		{Method: http.MethodPut, Path: "/bucket/a", Body: "from a page"},
		{Method: http.MethodPut, Path: "/bucket/b", Header: map[string]string{"X-Amz-Copy-Source": "/bucket/a"}},
		{Method: http.MethodDelete, Path: "/bucket/a"},
		{Method: http.MethodPost, Path: "/bucket?delete", Body: "<Delete><Object><Key>a</Key></Object></Delete>"},
		{Method: http.MethodPost, Path: "/bucket", Header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, Body: form},
		{Method: http.MethodPost, Path: "/bucket/c?uploads"},
		{Method: http.MethodPut, Path: "/another"},
		{Method: http.MethodDelete, Path: "/bucket"},
	})
	if got := read(t, store, "a"); got != "text" {
		t.Errorf("got object %q, expected what the program put", got)
	}
	if got := strings.Join(reported, " "); got != "a" {
		t.Errorf("got written objects %q, expected the one of the program", got)
	}
	for object, err := range store.List(t.Context(), "bucket", "") {
		if err != nil || object.Key != "a" {
			t.Errorf("got object %+v and error %v, expected none but a", object, err)
		}
	}
}
