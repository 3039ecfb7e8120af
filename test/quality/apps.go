package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/test/review"
)

// app is a CDK app of the repository.
type app struct {
	folder string // in the repository, with slashes
	// byTest is set if only a test can synthesize it: it is a template of files, or data
	// of a test, which makes it a module. The test keeps its templates.
	byTest bool
}

var (
	isMain   = regexp.MustCompile(`(?m)^package main$`)
	makesApp = regexp.MustCompile(`\bawscdk\.NewApp\(`)
)

// apps finds the CDK apps of a repository: the programs that create one, without the
// sample, whose stacks have snapshots. A file that is in testdata itself is no app: a
// test puts it among other files, and never deploys it.
func apps(module string) ([]app, error) {
	sources, err := files(module, func(path string) bool {
		return strings.HasSuffix(path, ".go.tmpl") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
	})
	if err != nil {
		return nil, err
	}
	var list []app
	for _, source := range sources {
		text, err := os.ReadFile(filepath.Join(module, source))
		if err != nil {
			return nil, err
		}
		folder := filepath.ToSlash(filepath.Dir(source))
		if folder == "." || path.Base(folder) == "testdata" || !isMain.Match(text) || !makesApp.Match(text) {
			continue
		}
		byTest := strings.HasSuffix(source, ".tmpl") || slices.Contains(strings.Split(folder, "/"), "testdata")
		list = append(list, app{folder, byTest})
	}
	return slices.Compact(list), nil
}

// synthesizeAll keeps the templates of the apps that no test keeps, and returns how many
// apps these are.
func synthesizeAll(ctx context.Context, module string, apps []app, folder string) (n int, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2) // each links a program of 100 MB
	for _, a := range apps {
		if !a.byTest {
			n++
			group.Go(func() error { return a.synthesize(ctx, module, folder) })
		}
	}
	return n, group.Wait()
}

// synthesize keeps the templates that the CDK would deploy, but for the functions,
// which are not built.
func (a app) synthesize(ctx context.Context, module, folder string) (failed error) {
	temporary, err := os.MkdirTemp("", "mapjob-quality")
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, os.RemoveAll(temporary)) }()
	program, assembly := filepath.Join(temporary, "app"), filepath.Join(temporary, "cdk.out")
	if err := quietly(ctx, filepath.Join(module, filepath.FromSlash(a.folder)), nil, "go", "build", "-ldflags=-s -w", "-o", program, "."); err != nil {
		return fmt.Errorf("building the app %s: %w", a.folder, err)
	}
	runsIn, err := a.runsIn(module)
	if err != nil {
		return err
	}
	values, err := contextIn(runsIn)
	if err != nil {
		return err
	}
	// The templates are validated later.
	environment := []string{"CDK_VALIDATION=false", "CDK_OUTDIR=" + assembly, "CDK_CONTEXT_JSON=" + values}
	if err := quietly(ctx, runsIn, environment, program); err != nil {
		return fmt.Errorf("synthesizing the app %s: %w", a.folder, err)
	}
	return review.Assembly(folder, a.folder, assembly)
}

// runsIn returns the folder in which the app finds its functions: a module of examples
// may have several apps, of which one at a time is at its root.
func (a app) runsIn(module string) (string, error) {
	for folder := a.folder; folder != "."; folder = path.Dir(folder) {
		for _, name := range []string{"cdk.json", "go.mod"} {
			_, err := os.Stat(filepath.Join(module, filepath.FromSlash(folder), name))
			if err == nil {
				return filepath.Join(module, filepath.FromSlash(folder)), nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
	}
	return filepath.Join(module, filepath.FromSlash(a.folder)), nil
}

// contextIn returns the context of the app in a folder, as the CDK passes it on.
func contextIn(folder string) (string, error) {
	var project struct{ Context map[string]any }
	text, err := os.ReadFile(filepath.Join(folder, "cdk.json"))
	if err == nil {
		err = json.Unmarshal(text, &project)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	values := map[string]any{"aws:cdk:bundling-stacks": []string{}, "aws:cdk:enable-path-metadata": true}
	maps.Copy(values, project.Context)
	text, err = json.Marshal(values)
	return string(text), err
}

// quietly runs a program in a folder. What it says is part of its error.
func quietly(ctx context.Context, folder string, environment []string, name string, args ...string) error {
	cmd := process.Command(ctx, name, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), append(environment, "PWD="+folder)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := process.Run(cmd)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(said.String()))
	}
	return nil
}
