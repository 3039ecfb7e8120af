package archive_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestEventsOutliveADamagedIndex damages the end of files, as a machine does that
// stops, and records on. No complete event is lost.
func TestEventsOutliveADamagedIndex(t *testing.T) {
	whole := t.TempDir()
	for i := range 3 {
		r := record(t, whole)
		start(t, r, fmt.Sprint("x", i), pass, `1`).Finish()
		closed(t, r)
	}
	for name, test := range map[string]struct {
		file   string
		damage func(text []byte) []byte
		last   int // events that the last execution still has
	}{
		"no index":                {"history.index", func([]byte) []byte { return nil }, 4},
		"index of less":           {"history.index", func(text []byte) []byte { return text[:5*16+3] }, 4},
		"zeros after the index":   {"history.index", func(text []byte) []byte { return append(text, make([]byte, 4096)...) }, 4},
		"zeros in the index":      {"history.index", func(text []byte) []byte { clear(text[7*16:]); return text }, 4},
		"others in the index":     {"history.index", func(text []byte) []byte { return append(text[:7*16], bytes.Repeat([]byte("\x7f"), 800)...) }, 4},
		"zeros after the history": {"history.jsonl", func(text []byte) []byte { return append(text, make([]byte, 4096)...) }, 4},
		"history of less":         {"history.jsonl", func(text []byte) []byte { return text[:len(text)-9] }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, test.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, test.damage(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if test.file == "history.jsonl" { // what is left can be read at once
				if got := events(t, open(t, folder), prefix+"x2", true); len(got) != test.last {
					t.Errorf("got events %v before anything is mended, expected %d", got, test.last)
				}
			}
			r := record(t, folder)
			start(t, r, "next", pass, `1`).Finish()
			closed(t, r)
			a := open(t, folder)
			for execution, expected := range map[string]int{"x0": 4, "x1": 4, "x2": test.last, "next": 4} {
				for _, reverse := range []bool{false, true} {
					if got := events(t, a, prefix+execution, reverse); len(got) != expected {
						t.Errorf("got events %v of %s, expected %d", got, execution, expected)
					}
				}
			}
		})
	}
}
