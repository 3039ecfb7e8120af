package snippet_test

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/docs/snippet"
)

const ambient = "package ambient\n\nimport \"net/http\"\n\nvar (\n\tclient *http.Client\n\tcount int\n)\n"

func TestCheck(t *testing.T) {
	checker, err := snippet.New("../../..", []byte(ambient), []string{"fmt", "net/http", "strings", "time"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		blocks   []string
		expected string // error of the last block
	}{
		{[]string{"package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n"}, ""},
		{[]string{"package main\n\nfunc main() { fmt.Println() }\n"}, "block:3: undefined: fmt"},
		{[]string{"type A struct{ B int }\n", "func f(a A) string { return fmt.Sprint(a.B) }\n"}, ""},
		{[]string{"type A struct{ B int }\n", "func f(a A) int {\n\treturn a.C\n}\n"}, "block:2: a.C undefined"},
		{[]string{"type A struct{ B int }\n", "type A struct{ C int }\n\nvar x = A{C: 1}\n"}, ""},
		{[]string{"x := 1\n", "y := x + count\n", "x := strings.ToUpper(\"a\")\nx = \"b\"\n"}, ""},
		{[]string{"x := 1\n", "x = \"b\"\n"}, "block:1: cannot use \"b\""},
		{[]string{"client.Timeout = time.Second\n"}, ""},
		{[]string{"var client = 1\n", "client++\n"}, ""},
		{[]string{"client.Nothing()\n"}, "block:1: client.Nothing undefined"},
		{[]string{"x := unknown.F()\n"}, "block:1: undefined: unknown"},
		{[]string{"x := {\n"}, "block:1:"},
		{[]string{"x := 1\n", "…\n"}, "block:1:"},
		{[]string{"x = nothing\n", "y := 1\n"}, ""}, // the first block has failed already
		{[]string{"import \"net/smtp\"\n\nvar x = smtp.NewClient\n"}, "package net/smtp is not one"},
	} {
		var scope snippet.Scope
		for _, block := range c.blocks {
			err = checker.Check(&scope, block)
		}
		if (err == nil) != (c.expected == "") || err != nil && !strings.Contains(err.Error(), c.expected) {
			t.Errorf("got %v for %q, expected %q", err, c.blocks, c.expected)
		}
	}
}
