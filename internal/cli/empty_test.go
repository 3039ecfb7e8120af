package cli

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/terminal"
)

// A variable of a shell that is not set must not choose the last execution.
func TestEmptyValuesAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	for typed, expected := range map[string]string{
		"stop||--local":           "EXECUTION: got an empty value",
		"rerun|--local|":          "EXECUTION: got an empty value",
		"redrive|--local|--|":     "EXECUTION: got an empty value",
		"graph|":                  "EXECUTION: got an empty value",
		"status|--local|--job=":   "--job: got an empty value, expected NAME",
		"stop|--local|--cause|":   "--cause: got an empty value, expected TEXT",
		"status|--local|ordinary": "no run of this folder has an execution",
	} {
		var out, errs strings.Builder
		code := Main(strings.Split(typed, "|"), strings.NewReader(""), &out, &errs)
		if code != terminal.NotRun || !strings.HasPrefix(errs.String(), "mapjob: "+expected) {
			t.Errorf("%s: got exit code %d and %q, expected %q", typed, code, errs.String(), expected)
		}
	}
	var out, errs strings.Builder
	if code := Main([]string{"__complete", "bash", ""}, strings.NewReader(""), &out, &errs); code != 0 || !strings.Contains(out.String(), "status\t") {
		t.Errorf("an empty word to complete: got exit code %d, %q and %q", code, out.String(), errs.String())
	}
}
