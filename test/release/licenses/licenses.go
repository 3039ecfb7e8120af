// Package licenses finds the licenses of what this module's users get: of the Go
// modules that are linked into a program, and of npm packages.
package licenses

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
	"golang.org/x/mod/module"
)

// allowed are the licenses, by their SPDX identifiers, whose code may be distributed
// with code under Apache-2.0.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT", "MIT-0", "Unlicense"}

// allowedUnlinked are the licenses of what only tests and tools use. It is neither changed
// nor distributed: MPL-2.0 asks for the source of changed files only.
var allowedUnlinked = append(slices.Clone(allowed), "MPL-2.0")

// minCoverage is the least percentage of a license file that must be known text. The
// rest is names, addresses and notices about parts.
const minCoverage = 75

// summary is the name of a file in which AWS says what each of its licenses is for.
const summary = "license-summary"

// Module is a module of Go whose packages are linked, the standard library, or a folder
// of embedded files of other projects, which has no version.
type Module struct {
	Path, Version string
	Licenses      []string // SPDX identifiers, sorted
	Texts         []Text
}

// Text is a file that has to come with a copy of the module.
type Text struct{ Name, Text string }

// legal matches the names of files with licenses and notices.
var legal = regexp.MustCompile(`(?i)^((licen[cs]es?|copying|unlicense|copyright|patents|notice)([._-].*)?|.+\.license)$`)

// pkg is a package as `go list` describes it.
type pkg struct {
	ImportPath, Dir string
	EmbedFiles      []string
	Standard        bool
	Module          *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// Of returns the modules of other projects that packages link, for a platform such as
// linux/amd64, and refuses licenses that are unknown or not allowed. The standard
// library is the module std. Folder is where the packages are resolved.
func Of(folder, platform string, packages ...string) ([]Module, error) {
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.Command("go", append([]string{"list", "-deps", "-json=ImportPath,Dir,EmbedFiles,Standard,Module"}, packages...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -deps: %w\n%s", err, &problem)
	}
	folders := map[string][]string{} // of packages, by the folders of their modules
	modules := map[string]Module{}
	var all []Module
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		switch {
		case p.Standard || p.Module == nil:
		case p.Module.Main:
			vendored, err := p.vendored()
			if err != nil {
				return nil, err
			}
			all = append(all, vendored...)
		case p.Module.Dir == "":
			return nil, fmt.Errorf("%s: its files are not in the module cache: type go mod download", p.Module.Path)
		default:
			folders[p.Module.Dir] = append(folders[p.Module.Dir], p.Dir)
			modules[p.Module.Dir] = Module{Path: p.Module.Path, Version: p.Module.Version}
		}
	}
	std, err := standard()
	if err != nil {
		return nil, err
	}
	all = append(all, std)
	var problems []error
	for dir, m := range modules {
		if err := m.read(dir, folders[dir], allowed); err != nil {
			problems = append(problems, fmt.Errorf("%s@%s: %w", m.Path, m.Version, err))
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return all, errors.Join(problems...)
}

// vendored returns the folders named vendor from which a package embeds files of other
// projects. Each file NAME.js or the like has to have a NAME.LICENSE beside it.
func (p pkg) vendored() ([]Module, error) {
	found := map[string]Module{}
	for _, name := range p.EmbedFiles {
		folder := path.Dir(name)
		if path.Base(folder) != "vendor" {
			continue
		}
		beside := strings.TrimSuffix(name, path.Ext(name)) + ".LICENSE"
		if _, err := os.Stat(filepath.Join(p.Dir, filepath.FromSlash(beside))); err != nil {
			return nil, fmt.Errorf("%s embeds %s, expected its license beside it: %w", p.ImportPath, name, err)
		}
		if _, known := found[folder]; known {
			continue
		}
		m := Module{Path: p.ImportPath + "/" + folder}
		if err := m.read(filepath.Join(p.Dir, filepath.FromSlash(folder)), nil, allowed); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		found[folder] = m
	}
	return slices.Collect(maps.Values(found)), nil
}

// standard returns the standard library, whose code is in every program.
func standard() (Module, error) {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return Module{}, fmt.Errorf("go env: %w", err)
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	m := Module{Path: "std", Version: version}
	return m, m.read(root, nil, allowed)
}

// read reads the legal files at the root of a module, in the folders of its packages,
// and between them.
func (m *Module) read(root string, folders, allowed []string) error {
	read := map[string]bool{}
	for _, folder := range append(folders, root) {
		for ; !read[folder] && len(folder) >= len(root); folder = filepath.Dir(folder) {
			read[folder] = true
			if err := m.readFolder(root, folder, allowed); err != nil {
				return err
			}
		}
	}
	slices.SortFunc(m.Texts, func(a, b Text) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(m.Licenses)
	if m.Licenses = slices.Compact(m.Licenses); len(m.Licenses) == 0 {
		return errors.New("found no license file")
	}
	return nil
}

func (m *Module) readFolder(root, folder string, allowed []string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !f.Type().IsRegular() || !legal.MatchString(f.Name()) || strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		m.Texts = append(m.Texts, Text{name, string(text)})
		found, err := identify(name, text, allowed)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.Licenses = append(m.Licenses, found...)
	}
	return nil
}

// identify returns the licenses in the text of a file. Notices, summaries and patent
// grants come beside a license, and need not have the text of one.
func identify(name string, text []byte, allowed []string) ([]string, error) {
	name = strings.ToLower(filepath.Base(name))
	if strings.HasPrefix(name, "patents") {
		return nil, nil
	}
	covered := licensecheck.Scan(text)
	var found []string
	for _, match := range covered.Match {
		if !slices.Contains(allowed, match.ID) {
			return nil, refusal(match.ID, allowed)
		}
		found = append(found, match.ID)
	}
	if strings.HasPrefix(name, "notice") || strings.HasPrefix(name, "copyright") || name == summary {
		return nil, nil
	}
	if covered.Percent < minCoverage {
		return nil, fmt.Errorf("got a text of which %.0f%% is of known licenses, expected %d%%: it may be under another license", covered.Percent, minCoverage)
	}
	return found, nil
}

func refusal(license string, expected []string) error {
	return fmt.Errorf("got the license %s, expected one of %s", license, strings.Join(expected, ", "))
}

// Cached returns the licenses at the root of a module in the module cache, which need
// not be linked, or of the standard library, whose path is std.
func Cached(name, version string) ([]string, error) {
	if name == "std" {
		m, err := standard()
		return m.Licenses, err
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOMODCACHE: %w", err)
	}
	escapedPath, err := module.EscapePath(name)
	if err != nil {
		return nil, err
	}
	escapedVersion, err := module.EscapeVersion(version)
	if err != nil {
		return nil, err
	}
	m := Module{Path: name, Version: version}
	if err := m.read(filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(escapedPath)+"@"+escapedVersion), nil, allowedUnlinked); err != nil {
		return nil, fmt.Errorf("%s@%s: %w", name, version, err)
	}
	return m.Licenses, nil
}
