package protocol_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
)

func TestCatalogueHasEveryError(t *testing.T) {
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var headings int
	for _, e := range protocol.Errors() {
		entry := fmt.Sprintf("## `%s`\n\nEnds %s. %s\n\n%s\n", e.Name, e.Ends, e.Meaning, e.Remedy)
		if !strings.Contains(string(text), entry) {
			t.Errorf("docs/errors.md has another text than this:\n%s", entry)
		}
		headings++
	}
	if got := strings.Count(string(text), "\n## "); got != headings {
		t.Errorf("got %d headings in docs/errors.md, expected %d, one for each error", got, headings)
	}
}

func TestErrorsListsEveryConstant(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "catalogue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants = append(constants, name)
		}
		return true
	})
	var listed []string
	for _, e := range protocol.Errors() {
		listed = append(listed, e.Name)
	}
	if !slices.Equal(constants, listed) {
		t.Errorf("got the names %q in Errors, expected those of the constants, %q", listed, constants)
	}
}
