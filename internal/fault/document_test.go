package fault_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/fault"
)

// TestDocumentNamesFaultsThatExist compares the table of docs/testing.md with the kinds
// of faults.
func TestDocumentNamesFaultsThatExist(t *testing.T) {
	text, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| fault | what goes wrong |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented []string
	for line := range strings.Lines(table) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "`"); ok && strings.HasPrefix(line, "| `") {
			documented = append(documented, name)
		}
	}
	if got, expected := strings.Join(documented, ", "), strings.Join(fault.Kinds(), ", "); got != expected {
		t.Errorf("docs/testing.md: got the faults %s, expected %s", got, expected)
	}
}
