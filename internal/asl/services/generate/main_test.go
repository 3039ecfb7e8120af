package main

import (
	"compress/gzip"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchiveIsUpToDate reads the SDK in the versions of go.mod again. If it fails,
// run go generate ./internal/asl/services.
func TestArchiveIsUpToDate(t *testing.T) {
	t.Parallel()
	expected, err := shapes()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("../shapes.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(expected), string(got)); diff != "" {
		t.Errorf("the archive has other shapes than the SDK (-SDK +archive):\n%s", diff)
	}
}
