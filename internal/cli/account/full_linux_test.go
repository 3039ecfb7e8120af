package account

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
)

// If the disk is full, all items are counted, and each file that lacks some is named
// once.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{protocol.ResultsFile, protocol.FailuresFile} {
		if err := os.Symlink("/dev/full", filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := Create(folder, store{})
	if err != nil {
		t.Fatal(err)
	}
	a.Started(engine.MapRunInfo{})
	const children = 2_000
	cause := strings.Repeat("x", 100)
	for i := range children {
		a.ChildDone(engine.ChildResult{Status: engine.Failed, Error: "Broken", Cause: cause, Input: parse(t, batch(2*i)), First: 2 * i, Items: 2})
	}
	err = a.Close()
	if !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), protocol.ResultsFile) != 1 || strings.Count(err.Error(), protocol.FailuresFile) != 1 {
		t.Errorf("got %.500v, expected one error for each file", err)
	}
	if c := a.Counts(); c.Failed != 2*children {
		t.Errorf("got %d items, expected %d", c.Failed, 2*children)
	}

	// The second file can't be made.
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, protocol.FailuresErrorsFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if a, err = Create(folder, store{}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		a.ChildDone(engine.ChildResult{Status: engine.Failed, Error: "Broken", Input: parse(t, batch(2*i)), First: 2 * i, Items: 2})
	}
	if err := a.Close(); err == nil || strings.Count(err.Error(), "\n") > 0 || a.Counts().Failed != 4 {
		t.Errorf("got %v and %+v, expected one error and all items", err, a.Counts())
	}
}
