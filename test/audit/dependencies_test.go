package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"golang.org/x/mod/modfile"
)

const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows returns the names in the table below a heading of docs/dependencies.md.
func rows(t *testing.T, heading string) []string {
	t.Helper()
	_, section, ok := strings.Cut(read(t, "docs/dependencies.md"), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("found no heading %q in docs/dependencies.md", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\| (.+) \\|$").FindAllStringSubmatch(section, -1) {
		names = append(names, row[1])
	}
	return names
}

// compare compares names with those of a table, in which a name may end with /... .
func compare(t *testing.T, heading string, names map[string]bool) {
	t.Helper()
	if len(names) == 0 {
		t.Errorf("%s: found no dependency, expected some", heading)
	}
	listed := rows(t, heading)
	covers := func(row, name string) bool {
		prefix, ok := strings.CutSuffix(row, "/...")
		return row == name || ok && (name == prefix || strings.HasPrefix(name, prefix+"/"))
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.ContainsFunc(listed, func(row string) bool { return covers(row, name) }) {
			t.Errorf("%s: docs/dependencies.md lacks %s: add what it is for, and its license", heading, name)
		}
	}
	for _, row := range listed {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(name string) bool { return covers(row, name) }) {
			t.Errorf("%s: docs/dependencies.md has %s, on which nothing depends", heading, row)
		}
	}
}

// files lists the files of the project that match a pattern of their names.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (slices.Contains([]string{"node_modules", "bin", "dist", ".git", "cdk.out", ".mapjob", "testdata", "files"}, entry.Name())) {
			return fs.SkipDir
		}
		if ok, _ := filepath.Match(pattern, entry.Name()); ok && err == nil && !entry.IsDir() {
			relative, _ := filepath.Rel(root, path)
			list = append(list, relative)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestModulesAreListed(t *testing.T) {
	names := map[string]bool{}
	for _, file := range files(t, "go.mod") {
		mod, err := modfile.Parse(file, []byte(read(t, file)), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range mod.Require {
			if !r.Indirect && !strings.HasPrefix(r.Mod.Path, "github.com/mapjob/mapjob") {
				names[r.Mod.Path] = true
			}
		}
	}
	compare(t, "Modules of Go", names)
}

// tool matches a package or module that is run or downloaded by its version: NAME@VERSION,
// or two constants of Go.
var tool = regexp.MustCompile(`\b((?:github\.com|golang\.org/x)/[\w./-]+)(?:@|", ")v\d`)

func TestToolsAreListed(t *testing.T) {
	names := map[string]bool{}
	for _, file := range append(files(t, "*.go"), "Makefile") {
		if (file == "Makefile" || strings.HasPrefix(file, "test/")) && !strings.HasSuffix(file, "_test.go") {
			for _, found := range tool.FindAllStringSubmatch(read(t, file), -1) {
				names[found[1]] = true
			}
		}
	}
	compare(t, "Tools that are run by their version", names)
}

func TestPackagesAreListed(t *testing.T) {
	names := map[string]bool{}
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+(-[\w.]+)?$`)
	for _, file := range files(t, "package.json") {
		var p struct{ Dependencies, DevDependencies, Overrides map[string]string }
		if err := json.Unmarshal([]byte(read(t, file)), &p); err != nil {
			t.Fatal(err)
		}
		for _, of := range []map[string]string{p.Dependencies, p.DevDependencies, p.Overrides} {
			for name, version := range of {
				names[name] = true
				if !exact.MatchString(version) {
					t.Errorf("%s: got %s %s, expected one version", file, name, version)
				}
			}
		}
	}
	compare(t, "Packages of npm", names)
}

// A tag of an action can be moved to other code, a commit can't.
func TestActionsArePinnedAndListed(t *testing.T) {
	names := map[string]bool{}
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`)
	pinned := regexp.MustCompile(`^([\w-]+/[\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, pattern := range []string{"*.yml", "*.yaml"} {
		for _, file := range files(t, pattern) {
			if !strings.HasPrefix(file, ".github/") {
				continue
			}
			for _, use := range uses.FindAllStringSubmatch(read(t, file), -1) {
				found := pinned.FindStringSubmatch(strings.TrimSpace(use[1]))
				if found == nil {
					t.Errorf("%s: got uses: %s, expected OWNER/ACTION@COMMIT # VERSION, with the whole commit", file, use[1])
					continue
				}
				names[found[1]] = true
			}
		}
	}
	compare(t, "Actions", names)
}

func TestDependabotLooksAtAllDependencies(t *testing.T) {
	type update struct {
		Ecosystem   string `yaml:"package-ecosystem"`
		Directory   string
		Directories []string
	}
	var config struct{ Updates []update }
	if err := yaml.Unmarshal([]byte(read(t, ".github/dependabot.yml")), &config); err != nil {
		t.Fatal(err)
	}
	for ecosystem, name := range map[string]string{"gomod": "go.mod", "npm": "package.json"} {
		var expected, got []string
		for _, file := range files(t, name) {
			expected = append(expected, path.Join("/", path.Dir(filepath.ToSlash(file))))
		}
		for _, u := range config.Updates {
			if u.Ecosystem == ecosystem {
				got = append(got, u.Directories...)
			}
		}
		slices.Sort(expected)
		slices.Sort(got)
		if !slices.Equal(got, expected) {
			t.Errorf(".github/dependabot.yml: %s: got the folders %q, expected %q", ecosystem, got, expected)
		}
	}
	if !slices.ContainsFunc(config.Updates, func(u update) bool { return u.Ecosystem == "github-actions" && u.Directory == "/" }) {
		t.Error(".github/dependabot.yml: got no github-actions of /")
	}
}

func TestPackagesOfDebianAreListed(t *testing.T) {
	names := map[string]bool{}
	for _, found := range regexp.MustCompile(`missing\+=\(([^)]*)\)`).FindAllStringSubmatch(read(t, ".ci/run"), -1) {
		for name := range strings.FieldsSeq(found[1]) {
			names[name] = true
		}
	}
	compare(t, "Packages of Debian", names)
}
