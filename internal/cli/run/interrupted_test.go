package run

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template/templatetest"
)

func TestAnInterruptionWhileItemsAreStoredIsNoMistakeInThem(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "items.jsonl")
	if err := os.WriteFile(file, slices.Repeat([]byte("{}\n"), 10), 0o600); err != nil {
		t.Fatal(err)
	}
	empty, _ := templatetest.Stack(t, nil, nil)
	s, err := stack.Start(t.Context(), empty, stack.Options{Folder: folder, Built: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &run{command: &Command{}, folder: folder, stack: s, items: items.File(file)}
	const expected = "interrupted while the items were being stored"
	if err := r.execute(ctx, nil); err == nil || err.Error() != expected {
		t.Errorf("got error %v, expected %s", err, expected)
	}
}
