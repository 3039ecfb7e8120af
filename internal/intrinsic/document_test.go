package intrinsic

import (
	"os"
	"regexp"
	"testing"
)

// TestDocumentNamesFunctionsThatExist compares docs/states-language.md with the
// table of functions.
func TestDocumentNamesFunctionsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/states-language.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("`(States\\.[A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(string(text), -1)
	errors := map[string]bool{"States.ALL": true, "States.TaskFailed": true, "States.Timeout": true,
		"States.HeartbeatTimeout": true, "States.ItemReaderFailed": true, "States.Runtime": true, "States.DataLimitExceeded": true}
	named := 0
	for _, row := range rows {
		if errors[row[1]] {
			continue
		}
		named++
		if _, ok := functions[row[1]]; !ok {
			t.Errorf("got %s in the document, expected an intrinsic function", row[1])
		}
	}
	if named == 0 {
		t.Error("got no function in the document, expected those that differ")
	}
}
