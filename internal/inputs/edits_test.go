package inputs

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/reads"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEditsOfInputsAreNoticed(t *testing.T) {
	for name, test := range map[string]struct {
		do, path, edit string
		noticed        string
	}{
		"a file":                         {reads.Opened, "a/app.yaml", "a/app.yaml", "a/app.yaml"},
		"a file that was not there":      {reads.Opened, "a/local.yaml", "a/local.yaml", "a/local.yaml"},
		"a file that is looked for":      {reads.Looked, "a/local.yaml", "a/local.yaml", "a/local.yaml"},
		"the names in a folder":          {reads.Opened, "a", "a/more.yaml", "a"},
		"a file whose name is read":      {reads.Opened, "a", "a/app.yaml", ""},
		"a folder that is looked for":    {reads.Looked, "a", "a/more.yaml", ""},
		"all in a folder":                {reads.Whole, ".", "a/b/deep.txt", "a/b/deep.txt"},
		"Go files":                       {Compiled, "a", "a/more.go", "a/more.go"},
		"a test":                         {Compiled, "a", "a/more_test.go", ""},
		"another file beside Go files":   {Compiled, "a", "a/app.yaml", ""},
		"a Go file of another folder":    {Compiled, "a", "a/b/deep.go", ""},
		"a file of a project":            {Project, ".", "a/b/deep.txt", "a/b/deep.txt"},
		"a package of npm":               {Project, ".", "node_modules/cdk/index.js", ""},
		"what a run left in a project":   {Project, ".", ".mapjob/runs/last/report.md", ""},
		"an assembly of the CDK's tool":  {Project, ".", "a/cdk.out/manifest.json", ""},
		"a commit of a project":          {Project, ".", ".git/HEAD", ""},
		"a package of npm, in any other": {reads.Whole, ".", "node_modules/cdk/index.js", "node_modules/cdk/index.js"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, filepath.Join(folder, "a", "app.yaml"), "1")
			write(t, filepath.Join(folder, "a", "app.go"), "package a")
			var e Edits
			e.Add([]Input{{Access: test.do, Path: filepath.Join(folder, test.path), State: "something"}})
			if edited := e.look(); len(edited) != 0 {
				t.Fatalf("got edits of %q, expected none", edited)
			}
			write(t, filepath.Join(folder, test.edit), "longer than before")
			var expected []string
			if test.noticed != "" {
				expected = append(expected, filepath.Join(folder, test.noticed))
			}
			if edited := e.look(); !slices.Equal(edited, expected) {
				t.Errorf("got edits of %q, expected %q", edited, expected)
			}
			if edited := e.look(); len(edited) != 0 {
				t.Errorf("got edits of %q again, expected none", edited)
			}
		})
	}
}

func TestEditsOfOtherInputsAreNotNoticed(t *testing.T) {
	folder := t.TempDir()
	gone, stays := write(t, filepath.Join(folder, "gone"), "1"), write(t, filepath.Join(folder, "stays"), "1")
	var e Edits
	e.Add([]Input{{Access: reads.Opened, Path: gone}, {Access: reads.Opened, Path: stays}})
	write(t, gone, "22")
	write(t, stays, "22")
	e.Follow([]Input{{Access: reads.Opened, Path: stays}})
	if edited := e.look(); !slices.Equal(edited, []string{stays}) {
		t.Errorf("got edits of %q, expected that of %s, which was before Follow", edited, stays)
	}
}

// An editor writes several files, one after the other.
func TestNextWaitsForTheEndOfAnEdit(t *testing.T) {
	folder := t.TempDir()
	var paths []string
	var e Edits
	for _, name := range []string{"a", "b", "c"} {
		path := write(t, filepath.Join(folder, name), "1")
		paths = append(paths, path)
		e.Add([]Input{{Access: reads.Opened, Path: path}})
	}
	synctest.Test(t, func(t *testing.T) {
		go func() {
			for _, path := range paths {
				time.Sleep(pause / 2)
				_ = os.WriteFile(path, []byte("22"), 0o644)
			}
		}()
		if edited := e.Next(t.Context()); !slices.Equal(edited, paths) {
			t.Errorf("got edits of %q, expected %q", edited, paths)
		}
		ended, cancel := context.WithTimeout(t.Context(), 3*pause)
		defer cancel()
		if edited := e.Next(ended); edited != nil {
			t.Errorf("got edits of %q, expected none", edited)
		}
	})
}

// The caller would not hear of it again.
func TestNextReturnsAnEditThatHasNotEnded(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "a"), "1")
	var e Edits
	e.Add([]Input{{Access: reads.Opened, Path: path}})
	ctx, cancel := context.WithTimeout(t.Context(), 3*pause)
	defer cancel()
	go func() {
		for text := "22"; ctx.Err() == nil; text += "2" {
			_ = os.WriteFile(path, []byte(text), 0o644)
			time.Sleep(pause / 4)
		}
	}()
	if edited := e.Next(ctx); !slices.Equal(edited, []string{path}) {
		t.Errorf("got edits of %q, expected %q", edited, path)
	}
}

// What the command itself prints is no edit, under whatever name its file is.
func TestOwnFilesAreNoEdits(t *testing.T) {
	folder := t.TempDir()
	own, err := os.Create(write(t, filepath.Join(folder, "run.log"), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if err := os.Symlink("run.log", filepath.Join(folder, "last.log")); err != nil {
		t.Fatal(err)
	}
	var e Edits
	e.Ignore(own)
	e.Add([]Input{{Access: reads.Whole, Path: folder}})
	if _, err := own.WriteString("synthesizing the app"); err != nil {
		t.Fatal(err)
	}
	if edited := e.look(); len(edited) > 0 {
		t.Errorf("got edits of %q, expected none", edited)
	}
	other := write(t, filepath.Join(folder, "app.yaml"), "rate: 1")
	if edited := e.look(); !slices.Equal(edited, []string{other}) {
		t.Errorf("got edits of %q, expected %s", edited, other)
	}
}
