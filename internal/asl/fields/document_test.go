package fields

import (
	"os"
	"regexp"
	"testing"
)

// TestDocumentNamesFieldsThatExist compares the table of docs/states-language.md
// with the parser's: what it says of a field, it says of one that is there.
func TestDocumentNamesFieldsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/states-language.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| ([A-Za-z]+) \\| `([A-Za-z]+)` \\|").FindAllStringSubmatch(string(text), -1)
	if len(rows) == 0 {
		t.Fatal("got no rows of fields in the document, expected those that differ")
	}
	for _, row := range rows {
		if _, ok := fieldTable[Kind(row[1])][row[2]]; !ok {
			t.Errorf("got a row for the field %s of %s, expected a field of the language", row[2], row[1])
		}
	}
}
