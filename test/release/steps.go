package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/mapjob/mapjob/test/release/api"
	"github.com/mapjob/mapjob/test/release/artifact"
	"github.com/mapjob/mapjob/test/release/licenses"
)

const command = moduleproxy.Module + "/cmd/mapjob"

// linked are the packages that programs of users link, beside the command.
var linked = []string{"./constructs/...", "./job/...", "./sfntest/..."}

// licenses checks the licenses of all that users get, and returns the modules that the
// command links.
func (r release) licenses() (ofCommand []licenses.Module, result string, err error) {
	for _, platform := range artifact.Platforms {
		found, err := licenses.Of(r.checkout.root, platform, "./cmd/mapjob")
		if err != nil {
			return nil, "", err
		}
		ofCommand = licenses.Merge(ofCommand, found)
	}
	found, err := licenses.Of(r.checkout.root, artifact.Host, linked...)
	if err != nil {
		return nil, "", err
	}
	lock, err := r.checkout.read("package-lock.json")
	if err != nil {
		return nil, "", err
	}
	npm, err := licenses.OfNpm([]byte(lock))
	if err != nil {
		return nil, "", err
	}
	counts := map[string]int{}
	for _, m := range licenses.Merge(ofCommand, found) {
		counts[strings.Join(m.Licenses, " and ")]++
	}
	return ofCommand, fmt.Sprintf("of Go modules: %s; of npm packages: %s", list(counts), list(npm)), nil
}

func list(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	return strings.Join(parts, ", ")
}

// buildTwice builds the command for a platform with two builders, and expects the same
// bytes.
func buildTwice(ctx context.Context, one, two artifact.Builder, platform string) (string, error) {
	path, err := one.Build(ctx, platform)
	if err != nil {
		return "", err
	}
	again, err := two.Build(ctx, platform)
	if err != nil {
		return "", err
	}
	return path, artifact.Same(path, again)
}

// expectVersion runs a binary, which has to print its version.
func expectVersion(ctx context.Context, path, version string) error {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return fmt.Errorf("mapjob --version: %w", err)
	}
	if expected := "mapjob " + version + ", go"; !strings.HasPrefix(string(out), expected) {
		return fmt.Errorf("mapjob --version: got %q, expected %q", out, expected)
	}
	return nil
}

// apiChanges compares the public API with that of a version.
func (r release) apiChanges(ctx context.Context, folder, last string) ([]api.Change, error) {
	compare, err := api.NewComparer(ctx, folder)
	if err != nil {
		return nil, err
	}
	after := filepath.Join(folder, "after")
	if err := compare.Record(ctx, r.checkout.root, moduleproxy.Module, after); err != nil {
		return nil, err
	}
	older := filepath.Join(folder, "older")
	if err := r.checkout.clone(ctx, older, last, last); err != nil {
		return nil, err
	}
	before := filepath.Join(folder, "before")
	if err := compare.Record(ctx, older, moduleproxy.Module, before); err != nil {
		return nil, fmt.Errorf("%s: %w", last, err)
	}
	public := map[string]bool{}
	for _, c := range []checkout{r.checkout, {older}} {
		text, err := c.read("docs/architecture.md")
		if err != nil {
			return nil, err
		}
		maps.Copy(public, api.Public(text))
	}
	if len(public) == 0 {
		return nil, errors.New("docs/architecture.md: got no public packages")
	}
	return compare.Changes(ctx, moduleproxy.Module, before, after, func(path string) bool { return public[path] })
}

// announced refuses changes that break programs if the changelog does not say so.
func announced(changes []api.Change, announces func(kind string) bool) error {
	for _, c := range changes {
		if c.Breaks && !announces("Changed") && !announces("Removed") {
			return fmt.Errorf("got a change that breaks programs, %s, expected it in CHANGELOG.md below ### Changed or ### Removed", c.Text)
		}
	}
	return nil
}

func breaking(changes []api.Change) int {
	return len(slices.DeleteFunc(slices.Clone(changes), func(c api.Change) bool { return !c.Breaks }))
}

// temporary calls a function with a folder that is removed at the end.
func temporary(use func(folder string) error) error {
	folder, err := os.MkdirTemp("", "mapjob-release-")
	if err != nil {
		return err
	}
	return errors.Join(use(folder), os.RemoveAll(folder))
}
