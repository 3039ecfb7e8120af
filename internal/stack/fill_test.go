package stack

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/gobuild"
	"github.com/mapjob/mapjob/internal/protocol"
)

func TestTablesAreFilledBeforeTheStackHasStarted(t *testing.T) {
	records := func(yield func(json.RawMessage, error) bool) {
		_ = yield(json.RawMessage(`{"id": "a"}`), nil)
	}
	c, err := tryStart(t, object{"Records": table(), "Function": function()}, Options{Fill: func(ctx context.Context, s *Stack) error {
		_, err := s.Seed(ctx, "Records", iter.Seq2[json.RawMessage, error](records))
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.Table("Records")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range c.Records(t.Context(), found.Name) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 {
		t.Errorf("got %d records, expected one", n)
	}
}

// The function has a package to build, and what ends first ends the other.
func TestTheFirstErrorEndsTheStart(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	built := function()
	built["Metadata"] = object{protocol.PackageMetadata: gobuild.Package{Folder: here, Source: filepath.Join(here, "testdata", "function"),
		ImportPath: "github.com/mapjob/mapjob/internal/stack/testdata/function", Executable: "function"}}
	full := errors.New("the table is full")
	_, err = tryStart(t, object{"Function": built}, Options{Fill: func(context.Context, *Stack) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("got %v, expected the error of the table, not of the build that it ends", err)
	}

	named := function()
	named["Metadata"] = object{protocol.PackageMetadata: "no package"}
	_, err = tryStart(t, object{"Function": named}, Options{Fill: func(ctx context.Context, _ *Stack) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, expected the error of the function, not of the table whose filling it ends", err)
	}
}
