package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLinesOfTheFixture(t *testing.T) {
	for _, path := range []string{"testdata/handlers", "testdata/handlers/handler.go"} {
		got, err := countLines(".", []string{path})
		if expected := (lines{code: 11, workflow: 2}); err != nil || got != expected {
			t.Errorf("%s: got %+v, %v, expected %+v", path, got, err, expected)
		}
	}
	if _, err := countLines(".", []string{"testdata/nothing"}); err == nil {
		t.Error("got no error, expected a path that is not there to be one")
	}
}

func TestMarksThatSayNothingAreRefused(t *testing.T) {
	for source, expected := range map[string]string{
		"package a\n// workflow\n":                                       "2:1: got a mark on a line without code",
		"package a // workflow {\n// workflow }\n":                       "1:1: got // workflow { behind code",
		"package a\n// workflow {\nvar b int // workflow\n// workflow }": "3:1: got a mark in a block of workflow",
		"package a\n// workflow {\nvar b int\n":                          "2:1: got a block that is not closed",
		"package a\n// workflow }\n":                                     "2:1: got // workflow }, expected",
		"package a\n// workflow {\n// workflow {\n// workflow }\n":       "3:1: got // workflow {, expected",
		"package a\n\n// workflow: of sorts\n":                           "3:1: got // workflow: of sorts, expected",
		"package a\n\nvar b = `\n":                                       "raw string literal not terminated",
	} {
		if _, err := countFile([]byte(source)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%q: got %v, expected %s", source, err, expected)
		}
	}
}

func TestResourcesOfTheFixture(t *testing.T) {
	text, err := os.ReadFile("testdata/template.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := countResources(text)
	if expected := (resources{all: 5, functions: 1, statements: 3}); err != nil || got != expected {
		t.Errorf("got %+v, %v, expected %+v", got, err, expected)
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

// A file that somebody adds to a function would not be counted, if nobody
// noticed.
func TestEveryFileOfTheFunctionsIsCounted(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	revenue := filepath.Join("lambdas", "invoicing", "revenue.go") // of the job's summary, in the package that all share
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
				t.Errorf("%s: got %s, which is not among %v, expected it to be counted", a.name, path, a.sources())
			}
		}
		if files < len(a.mains) {
			t.Errorf("%s: got %d files, expected those of its functions", a.name, files)
		}
		if _, err := countLines(root, a.sources()); err != nil {
			t.Errorf("%s: %v", a.name, err)
		}
	}
}

// The README says what `make owned` says today.
func TestTheREADMEHasTheFigures(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var counted bytes.Buffer
	if err := report(&counted, root); err != nil {
		t.Fatal(err)
	}
	for i, row := range strings.Split(strings.TrimSpace(counted.String()), "\n") {
		row = strings.Join(strings.Fields(row), " ")
		if i != 1 && !strings.Contains(string(readme), "\n"+row+"\n") { // the line below the headings
			t.Errorf("got a README without the row\n%s\nexpected what `make owned` prints", row)
		}
	}
}
