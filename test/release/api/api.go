// Package api compares the public API of two versions of the module, and says which
// version may have which changes.
package api

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/mapjob/mapjob/test/release/tool"
	"golang.org/x/mod/semver"
)

// The tool, which knows the rules of compatibility of Go.
const command, commandVersion = "golang.org/x/exp/cmd/apidiff", "v0.0.0-20261113113407-e3970619a1a4"

// Comparer compares APIs.
type Comparer struct{ tool tool.Tool }

// NewComparer installs the tool into a folder.
func NewComparer(ctx context.Context, folder string) (Comparer, error) {
	t, err := tool.Install(ctx, folder, command, commandVersion)
	return Comparer{t}, err
}

// Record writes the API of the module in a checkout to a file.
func (c Comparer) Record(ctx context.Context, checkout, module, file string) error {
	_, _, err := c.tool.Run(ctx, checkout, []string{"GOFLAGS=", "GOWORK=off"}, "-m", "-w", file, module)
	return err
}

// Change is a difference between two APIs.
type Change struct {
	Package string // its path in the module
	Text    string
	Breaks  bool // a program that compiled may not compile any more
}

// Changes compares two files of Record. Only those of public packages count.
func (c Comparer) Changes(ctx context.Context, module, before, after string, public func(path string) bool) ([]Change, error) {
	out, _, err := c.tool.Run(ctx, ".", nil, "-m", before, after)
	if err != nil {
		return nil, err
	}
	return parse(out, module, public)
}

// parse reads what the tool has printed.
func parse(out, module string, public func(string) bool) ([]Change, error) {
	var changes []Change
	breaks := false
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		text, isChange := strings.CutPrefix(line, "- ")
		switch {
		case line == "Incompatible changes:":
			breaks = true
		case line == "Compatible changes:":
			breaks = false
		case !isChange:
			return nil, fmt.Errorf("apidiff: got the line %q, expected a change", line)
		default:
			in := packageOf(text, module)
			if public(in) {
				changes = append(changes, Change{in, text, breaks})
			}
		}
	}
	return changes, nil
}

// packageOf returns the package that a change is about: "package PATH: …",
// "./PATH.Name: …" or, in the root, "Name: …".
func packageOf(text, module string) string {
	what, _, _ := strings.Cut(text, ": ")
	if whole, ok := strings.CutPrefix(what, "package "); ok {
		return strings.TrimPrefix(strings.TrimPrefix(whole, module), "/")
	}
	below, ok := strings.CutPrefix(what, "./")
	if !ok {
		return "."
	}
	name, _, _ := strings.Cut(path.Base(below), ".")
	return path.Join(path.Dir(below), name)
}

// Allow refuses changes that the next version may not have. Until v1.0.0, a minor
// version may break the API; after it, no version may, because the next major version
// is another module. Additions need a minor version from v1.0.0 on.
func Allow(last, next string, changes []Change) error {
	patch := semver.MajorMinor(last) == semver.MajorMinor(next)
	initial := semver.Major(last) == "v0"
	becomesStable := initial && semver.Major(next) != "v0"
	var refused []string
	breaks := false
	for _, c := range changes {
		if c.Breaks && !becomesStable && (patch || !initial) || !c.Breaks && !initial && patch {
			refused = append(refused, c.Text)
			breaks = breaks || c.Breaks
		}
	}
	if len(refused) == 0 {
		return nil
	}
	expected := "a new minor version after " + semver.MajorMinor(last)
	if breaks && !initial {
		expected = "a new major version, which is another module path"
	}
	return fmt.Errorf("the API after %s: got changes that %s may not have, expected %s, or the API as it was:\n- %s", last, next, expected, strings.Join(refused, "\n- "))
}

// Public reads the paths of the public packages in docs/architecture.md.
func Public(architecture string) map[string]bool {
	_, section, _ := strings.Cut(architecture, "\n## Public packages\n")
	section, _, _ = strings.Cut(section, "\n## ")
	public := map[string]bool{}
	for line := range strings.Lines(section) {
		if item, ok := strings.CutPrefix(line, "- `"); ok {
			name, _, _ := strings.Cut(item, "`")
			public[name] = true
		}
	}
	return public
}
