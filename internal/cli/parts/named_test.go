package parts

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFlagsWithNamesAreCheckedFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("there.csv", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"there.json": "1", "broken.jsonl": "{}"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo("pipe.csv", 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join("none", "orders.csv")
	for expected, c := range map[string]Flags{
		"":                                       {Seed: map[string]string{"Orders": "there.csv", "In": ".", "Late": "pipe.csv"}, Stub: map[string]string{"F": "there.json", "Late": "pipe.csv"}},
		"-":                                      {Env: map[string]string{"F.LEVEL": ""}, Parameter: map[string]string{"P": ""}, Context: map[string]string{"c": ""}, Function: map[string]string{"F": "true"}},
		"--seed Orders=" + none + ": open ":      {Seed: map[string]string{"Orders": none}},
		"--stub F=" + none + ": open ":           {Stub: map[string]string{"F": none}},
		`--seed: got "=there.csv", expected `:    {Seed: map[string]string{"": "there.csv"}},
		`--seed: got "Orders=", expected NAME`:   {Seed: map[string]string{"Orders": ""}},
		`--stub: got "F=", expected FUNCTION=`:   {Stub: map[string]string{"F": ""}},
		`--function: got "F=", expected FUNC`:    {Function: map[string]string{"F": ""}},
		`--function: got "=true", expected `:     {Function: map[string]string{"": "true"}},
		`--env: got "=1", expected FUNCTION.`:    {Env: map[string]string{"": "1"}},
		`--env: got "LEVEL=1", expected FUNCT`:   {Env: map[string]string{"LEVEL": "1"}},
		`--env: got ".LEVEL=1", expected FUNC`:   {Env: map[string]string{".LEVEL": "1"}},
		`--env: got "F.=1", expected FUNCTION`:   {Env: map[string]string{"F.": "1"}},
		"--stub F=there.csv: got file there.csv": {Stub: map[string]string{"F": "there.csv"}},
		"--stub F=broken.jsonl: broken.jsonl, l": {Stub: map[string]string{"F": "broken.jsonl"}},
		`--parameter: got "=1", expected NAME`:   {Parameter: map[string]string{"": "1"}},
		`--context: got "=1", expected KEY=VA`:   {Context: map[string]string{"": "1"}},
	} {
		switch err := c.checkNamed(); {
		case len(expected) < 2 && err != nil:
			t.Errorf("got %v for %+v, expected no error", err, c)
		case len(expected) >= 2 && (err == nil || !strings.HasPrefix(strings.Replace(err.Error(), "stat ", "open ", 1), expected)):
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
}
