// Package boundaries tests how the packages of the module stand to each other:
// who may import whom, how large a package may be, and which packages are public.
package boundaries

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	module = "github.com/mapjob/mapjob"
	root   = "../.."
)

// pkg is a package as `go list` describes it.
type pkg struct {
	ImportPath, Name, Dir, Export string

	GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles, Imports []string

	Standard bool
}

// path returns the import path within the module, "." for its root, and false
// for a package of another module.
func (p *pkg) path() (string, bool) {
	if p == nil {
		return "", false
	}
	if p.ImportPath == module {
		return ".", true
	}
	return strings.CutPrefix(p.ImportPath, module+"/")
}

// isPublic reports whether a user of the module may import the package.
func (p *pkg) isPublic() bool {
	path, ok := p.path()
	if !ok || p.Name == "main" {
		return false
	}
	if first, _, _ := strings.Cut(path, "/"); first == "lambdas" || first == "stacks" || first == "test" {
		return false
	}
	return !isInternal(p.ImportPath)
}

func isInternal(importPath string) bool {
	return strings.Contains("/"+importPath+"/", "/internal/")
}

// list runs `go list -json` in the module and returns the packages by import path.
func list(t *testing.T, args ...string) map[string]*pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Dir,Export,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,Standard"}, args...)...)
	cmd.Dir = root
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, problems.Bytes())
	}
	packages := map[string]*pkg{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = &p
	}
}

// section returns the packages that docs/architecture.md lists below a heading,
// each as a list item "- `path`: sentence", and their sentences.
func section(t *testing.T, heading string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	packages, err := parseSection(string(text), heading)
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func parseSection(text, heading string) (map[string]string, error) {
	_, below, ok := strings.Cut("\n"+text, "\n## "+heading+"\n")
	if !ok {
		return nil, errors.New("docs/architecture.md: got no section ## " + heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	packages := map[string]string{}
	for line := range strings.Lines(below) {
		item, ok := strings.CutPrefix(line, "- `")
		if !ok {
			continue
		}
		path, sentence, ok := strings.Cut(strings.TrimSpace(item), "`: ")
		if _, twice := packages[path]; !ok || twice {
			return nil, errors.New("docs/architecture.md: got " + strings.TrimSpace(line) + ", expected - `path`: sentence, once")
		}
		packages[path] = sentence
	}
	return packages, nil
}

func TestSectionsOfTheArchitectureAreRead(t *testing.T) {
	const text = "# A\n\n## B\n\ntext\n\n- `a/b`: does things.\n- `c`: does others.\n\n## C\n\n- `d`: e.\n"
	got, err := parseSection(text, "B")
	if err != nil || len(got) != 2 || got["a/b"] != "does things." || got["c"] != "does others." {
		t.Errorf("got %v, %v, expected a/b and c with their sentences", got, err)
	}
	for name, bad := range map[string]string{"no such section": "## C\n", "no sentence": "## B\n- `a`\n", "twice": "## B\n- `a`: b\n- `a`: c\n"} {
		if got, err := parseSection(bad, "B"); err == nil {
			t.Errorf("%s: got %v, expected an error", name, got)
		}
	}
}
