package parts

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template/templatetest"
)

func TestDiscardRemovesTheFolderUnlessItIsThatOfAnEarlierRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, started := range []bool{false, true} {
		folder, err := runs.New()
		if err != nil {
			t.Fatal(err)
		}
		p := &Parts{Flags: &Flags{}, Progress: terminal.NewProgress(io.Discard), Run: folder}
		if started {
			empty, _ := templatetest.Stack(t, nil, nil)
			p.Stack = stack.New(empty)
			if err := p.Start(t.Context(), stack.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Discard(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(folder.Path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("started %v: got %v, expected a folder that was removed", started, err)
		}
	}

	folder, err := runs.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := (&runs.Start{Time: time.Now()}).Write(folder.Path); err != nil {
		t.Fatal(err)
	}
	folder.Release()
	if entries, err := os.ReadDir(".mapjob/runs"); err != nil || len(entries) != 1 {
		t.Fatalf("got %v and %v, expected the folder of one run", entries, err)
	}
	again, err := Again(filepath.Base(folder.Path), &Flags{}, terminal.NewProgress(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Discard(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder.Path); err != nil {
		t.Errorf("got %v, expected that the folder of the earlier run stays", err)
	}
	claimed, err := runs.Claim(filepath.Base(folder.Path))
	if err != nil {
		t.Fatalf("got %v, expected a folder that was released", err)
	}
	claimed.Release()
}
