package asl

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// headings are the names that the document has for the kinds of objects.
var headings = map[string]fieldKind{
	"State machine": kindMachine, "Branch": kindBranch, "Choice rule": kindRule, "Nested comparison": kindTest,
}

var (
	headingLine = regexp.MustCompile(`^### (.+)$`)
	fieldLine   = regexp.MustCompile("^\\| `([^`]+)` \\| (both|JSONPath|JSONata) \\| (there|refused|differs)\\b.* \\|$")
	functionRow = regexp.MustCompile("^\\| `(States\\.[A-Za-z0-9]+)` \\| (there|differs)\\b.* \\|$")
)

// TestDocumentHasEveryField reads the tables of docs/states-language.md and
// the parser's own against each other.
func TestDocumentHasEveryField(t *testing.T) {
	text, err := os.ReadFile("../../docs/states-language.md")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]languages{"both": bothLanguages, "JSONPath": onlyJSONPath, "JSONata": onlyJSONata}
	documented := map[fieldKind]map[string]languages{}
	functions := map[string]bool{}
	var kind fieldKind
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if match := headingLine.FindStringSubmatch(line); match != nil {
			kind = headings[match[1]]
			if kind == "" {
				kind = fieldKind(match[1])
			}
			documented[kind] = map[string]languages{}
		}
		if match := fieldLine.FindStringSubmatch(line); match != nil {
			documented[kind][match[1]] = words[match[2]]
			if _, ok := fieldTable[kind][match[1]]; ok == (match[3] == "refused") {
				t.Errorf("%s.%s: the document says %s, the parser has the field: %v", kind, match[1], match[3], ok)
			}
		}
		if match := functionRow.FindStringSubmatch(line); match != nil {
			functions[match[1]] = true
		}
	}
	for kind, fields := range fieldTable {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			language, ok := documented[kind][name]
			switch {
			case !ok:
				t.Errorf("%s.%s: the document has no row, expected one", kind, name)
			case language != fields[name]:
				t.Errorf("%s.%s: the document has another query language than the parser", kind, name)
			}
		}
	}
	for name := range intrinsics {
		if !functions[name] {
			t.Errorf("%s: the document has no row, expected one", name)
		}
	}
	if len(functions) != len(intrinsics) {
		t.Errorf("got %d functions in the document, expected %d", len(functions), len(intrinsics))
	}
}
