// Package gobuild builds the main packages of functions with the go command, all
// of them in one `go build` if possible.
package gobuild

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// grace is how long the go command may take to end after it was interrupted.
const grace = 3 * time.Second

// Build builds packages into a folder, and returns their executables. The folder
// may be kept: an executable that is up to date is not linked again.
func (t Target) Build(ctx context.Context, packages []Package, folder string) (map[Package]string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	executables := map[Package]string{}
	for _, batch := range batches(packages) {
		into := filepath.Join(folder, t.name, batch.name())
		if err := batch.build(ctx, t, into); err != nil {
			return nil, err
		}
		for _, p := range batch.packages {
			executables[p] = filepath.Join(into, p.Executable)
			if t.windows() {
				executables[p] += ".exe"
			}
		}
	}
	return executables, nil
}

func (t Target) windows() bool { return strings.HasPrefix(t.name, "windows-") }

// batch has packages that one `go build` builds: they have one folder, and no two
// of them have executables of the same name.
type batch struct {
	folder   string
	number   int
	packages []Package
}

// batches divides packages, each once, into batches.
func batches(packages []Package) []*batch {
	var all []*batch
	packages = slices.Clone(packages)
	slices.SortFunc(packages, func(a, b Package) int {
		return cmp.Or(strings.Compare(a.Folder, b.Folder), strings.Compare(a.ImportPath, b.ImportPath))
	})
	for _, p := range slices.Compact(packages) {
		fits := func(b *batch) bool {
			return b.folder == p.Folder && !slices.ContainsFunc(b.packages, func(other Package) bool {
				return strings.EqualFold(other.Executable, p.Executable) // in a file system without case
			})
		}
		i := slices.IndexFunc(all, fits)
		if i < 0 {
			i = len(all)
			all = append(all, &batch{folder: p.Folder, number: i})
		}
		all[i].packages = append(all[i].packages, p)
	}
	return all
}

// name returns a name for a folder that no other batch uses.
func (b *batch) name() string {
	sum := sha256.Sum256([]byte(b.folder))
	return fmt.Sprintf("%x-%s", sum[:4], strconv.Itoa(b.number))
}

func (b *batch) build(ctx context.Context, target Target, into string) error {
	// On the same file system as the executables, the go command renames what it
	// has linked: another process never sees half of an executable.
	work := filepath.Join(into, "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	args := append([]string{"build", "-buildvcs=false", "-tags=" + Tags, "-o", into + string(filepath.Separator)}, target.flags...)
	args = append(args, "--")
	for _, p := range b.packages {
		args = append(args, p.ImportPath)
	}
	build := exec.CommandContext(ctx, "go", args...)
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) }
	build.WaitDelay = grace
	build.Dir = b.folder
	build.Env = append(os.Environ(), append(target.environment, "PWD="+b.folder, "GOTMPDIR="+work)...)
	var problem bytes.Buffer
	build.Stdout, build.Stderr = &problem, &problem
	if err := build.Run(); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted while functions were being built")
		}
		return fmt.Errorf("building functions in %s: %w", b.folder, &commandError{err, said(problem.String())})
	}
	return nil
}

// Place makes an executable available under another path: as a link, or as a copy
// if links are not possible. A later build of the executable does not change it.
func Place(executable, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if os.Link(executable, path) == nil {
		return nil
	}
	bytes, err := os.ReadFile(executable)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes, 0o755)
}
