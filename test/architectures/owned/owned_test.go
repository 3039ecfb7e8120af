package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/test/moduleroot"
)

// fixture describes testdata/handlers.
const fixture = `# a comment
testdata/handlers/handler.go
business 10 8f9147af
declarations count
	"sync"

	fmt.Print(` + "`two" + `
`

func TestLinesOfTheFixture(t *testing.T) {
	for _, path := range []string{"testdata/handlers", "testdata/handlers/handler.go"} {
		m, err := parseManifest(fixture)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.count(".", []string{path})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lines{code: 13, workflow: 3}, got, cmp.AllowUnexported(lines{})); diff != "" {
			t.Errorf("%s: lines (-expected +got):\n%s", path, diff)
		}
		if err := m.uncounted(); err != nil {
			t.Error(err)
		}
	}
	if _, err := (manifest{}).count(".", []string{"testdata/nothing"}); err == nil {
		t.Error("got no error, expected a missing path to be one")
	}
}

func TestAManifestThatDoesNotDescribeTheCodeIsRefused(t *testing.T) {
	const source = "package a\n\nimport \"fmt\"\n\ntype b struct{}\n\nfunc (*b) c() {\n\tfmt.Print(1)\n\tfmt.Print(2) // again\n}\n\nfunc d() {\n\tfmt.Print(1)\n}\n"
	for name, c := range map[string]struct {
		section  string
		expected string // "" if there is no error
	}{
		"described":                 {"business 5 b37c7a17\ndeclarations import d\n\tfmt.Print(2)", ""},
		"nothing decided":           {"", "business lines: got 10 "},
		"a line is new":             {"business 4 b37c7a17\ndeclarations import d\n\tfmt.Print(2)", "expected 4 b37c7a17: decide"},
		"a line is another":         {"business 5 00000000\ndeclarations import d\n\tfmt.Print(2)", "write: business 5 b37c7a17"},
		"a quote is gone":           {"\tfmt.Print(3)", `got the quote "fmt.Print(3)", which is no longer there`},
		"a quote is not together":   {"\tfmt.Print(1)\n\t}\n\tfmt.Print(2)", "which is no longer there"},
		"a quote is in two places":  {"\tfmt.Print(1)", "which is there 2 times"},
		"a declaration is gone":     {"declarations e", "got the declaration e, which is no longer there"},
		"a method without its type": {"declarations c", "got the declaration c, which is no longer there"},
		"a declaration twice":       {"declarations d d", "line 12: got the declaration d, expected it once"},
		"a quote of a declaration":  {"declarations b.c\n\tfmt.Print(2)", `line 9: got the quote "fmt.Print(2)", expected it once`},
	} {
		m, err := parseManifest("a.go\n" + c.section + "\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = m["a.go"].count([]byte(source))
		if c.expected == "" && err != nil || c.expected != "" && (err == nil || !strings.Contains(err.Error(), c.expected)) {
			t.Errorf("%s: got error %v, expected %q", name, err, c.expected)
		}
	}
	if _, err := (&section{}).count([]byte("package a\n\nvar b = `\n")); err == nil {
		t.Error("got no error, expected code that does not parse to be one")
	}
}

func TestManifestsAreReadStrictly(t *testing.T) {
	for text, expected := range map[string]string{
		"a.go\nbusiness 1 x\na.go\n":         "line 3: got a second section of a.go",
		"business 1 x\n":                     "line 1: got \"business 1 x\", expected the path",
		"\tquote\n":                          "line 1: got \"quote\", expected the path",
		"a.go\nbusiness 1 x\nbusiness 2 y\n": "line 3: got \"business 2 y\", expected",
		"a.go\nworkflow b\n":                 "line 2: got \"workflow b\", expected",
	} {
		if _, err := parseManifest(text); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%q: got error %v, expected %s", text, err, expected)
		}
	}
	m, err := parseManifest("a.go\nbusiness 1 x\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.uncounted(); err == nil || !strings.Contains(err.Error(), "a.go: got a section, but no architecture has this file") {
		t.Errorf("got error %v, expected a file that is not counted to be one", err)
	}
}

// The manifest decides about every line of the handlers.
func TestTheManifestDescribesTheHandlers(t *testing.T) {
	root, err := moduleroot.Find()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := countHandlers(root); err != nil {
		t.Error(err)
	}
}

func TestResourcesOfTheFixture(t *testing.T) {
	text, err := os.ReadFile("testdata/template.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := countResources(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(resources{all: 5, functions: 1, statements: 3}, got, cmp.AllowUnexported(resources{})); diff != "" {
		t.Errorf("resources (-expected +got):\n%s", diff)
	}
}

func TestTheTableIsMarkdown(t *testing.T) {
	var text bytes.Buffer
	if err := table(&text, []figures{{lines{100, 9}, resources{20, 1, 8}}, {lines{1000, 99}, resources{200, 2, 18}}}); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(text.String(), "\n")
	for i, expected := range map[int]string{
		0: "| architecture | handlers | workflow | functions | resources | IAM statements |",
		2: "| event-handler | 100 | 9 | 1 | 20 | 8 |",
		3: "| queue-fanout | 1000 | 99 | 2 | 200 | 18 |",
	} {
		if got := strings.Join(strings.Fields(rows[i]), " "); got != expected {
			t.Errorf("got the row %q, expected %q", got, expected)
		}
	}
}

// A new file of a function must be in the list of sources.
func TestEveryFileOfTheFunctionsIsCounted(t *testing.T) {
	root, err := moduleroot.Find()
	if err != nil {
		t.Fatal(err)
	}
	revenue := filepath.Join("lambdas", "invoicing", "revenue.go") // only the job's summary uses it
	for _, a := range architectures {
		list := exec.Command("go", "list", "-deps", "-f", `{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`)
		for _, main := range a.mains {
			list.Args = append(list.Args, "./lambdas/"+main)
		}
		list.Dir = root
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		files := 0
		for file := range strings.FieldsSeq(string(out)) {
			path, err := filepath.Rel(root, file)
			if err != nil || !strings.HasPrefix(path, "lambdas/") {
				continue
			}
			files++
			if path != revenue && !slices.ContainsFunc(a.sources(), func(s string) bool { return path == s || strings.HasPrefix(path, s+"/") }) {
				t.Errorf("%s: got %s, expected it among the sources %v", a.name, path, a.sources())
			}
		}
		if files < len(a.mains) {
			t.Errorf("%s: got %d files, expected those of its functions", a.name, files)
		}
	}
}

// The documentation has the table that `make owned` prints.
func TestTheDocumentationHasTheFigures(t *testing.T) {
	root, err := moduleroot.Find()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var documented strings.Builder
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		documented.Write(text)
	}
	var counted bytes.Buffer
	if err := report(&counted, root); err != nil {
		t.Fatal(err)
	}
	for i, row := range strings.Split(strings.TrimSpace(counted.String()), "\n") {
		row = strings.Join(strings.Fields(row), " ")
		if i != 1 && !strings.Contains(documented.String(), "\n"+row+"\n") { // the line below the headings
			t.Errorf("README.md and docs: got no row\n%s\nexpected what `make owned` prints", row)
		}
	}
}
