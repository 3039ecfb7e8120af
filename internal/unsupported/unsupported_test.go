package unsupported_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/unsupported"
)

// The table in docs/states-language.md is that of the code.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/states-language.md")
	if err != nil {
		t.Fatal(err)
	}
	const header = "| field | refused | reason |\n| --- | --- | --- |\n"
	_, table, ok := strings.Cut(string(text), header)
	if !ok {
		t.Fatalf("got no table in the document, expected one that begins with\n%s", header)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var rows []string
	for _, f := range unsupported.All() {
		rows = append(rows, "| "+f.Field+" | "+f.What+" | "+strings.ReplaceAll(f.Reason, "%s", "…")+" |")
	}
	if diff := cmp.Diff(rows, strings.Split(strings.TrimSpace(table), "\n")); diff != "" {
		t.Errorf("the document differs (-code +document):\n%s", diff)
	}
}

func TestReasonsSayWhatIsExpected(t *testing.T) {
	t.Parallel()
	for _, f := range unsupported.All() {
		if f != unsupported.DynamoDBAction && !strings.Contains(f.Reason, "expected ") {
			t.Errorf("%s, %s: got the reason %q, expected one that says what to use instead", f.Field, f.What, f.Reason)
		}
	}
}
