package fields

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// headings holds the kinds of objects whose headings in the document differ from
// their names here.
var headings = map[string]Kind{
	"State machine": MachineKind, "Branch": BranchKind, "Choice rule": RuleKind, "Nested comparison": TestKind,
}

var (
	headingLine = regexp.MustCompile(`^### (.+)$`)
	fieldLine   = regexp.MustCompile("^\\| `([^`]+)` \\| (both|JSONPath|JSONata) \\| (there|refused|differs)\\b.* \\|$")
)

// TestDocumentHasEveryField compares the tables of docs/states-language.md with
// the parser's.
func TestDocumentHasEveryField(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/states-language.md")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]languages{"both": bothLanguages, "JSONPath": onlyJSONPath, "JSONata": onlyJSONata}
	documented := map[Kind]map[string]languages{}
	var kind Kind
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if match := headingLine.FindStringSubmatch(line); match != nil {
			kind = headings[match[1]]
			if kind == "" {
				kind = Kind(match[1])
			}
			documented[kind] = map[string]languages{}
		}
		if match := fieldLine.FindStringSubmatch(line); match != nil {
			documented[kind][match[1]] = words[match[2]]
			if _, ok := fieldTable[kind][match[1]]; ok == (match[3] == "refused") {
				t.Errorf("%s.%s: the document says %q, but the parser has the field: %v", kind, match[1], match[3], ok)
			}
		}
	}
	for kind, fields := range fieldTable {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			language, ok := documented[kind][name]
			switch {
			case !ok:
				t.Errorf("%s.%s: the document has no row for it, expected one", kind, name)
			case language != fields[name]:
				t.Errorf("%s.%s: the document and the parser name different query languages, expected the same", kind, name)
			}
		}
	}
}
