package region_test

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/docs/region"
)

const source = `package x

// T is a type.
type T[K any] struct{ a int }

// Get returns it.
func (t *T[K]) Get() int {
	// docs: body
	a := t.a
	if a == 0 {
		a = 1
	}
	// docs: end
	return a
}

var one, two = 1, 2
`

func TestOf(t *testing.T) {
	for name, expected := range map[string]string{
		"T":     "// T is a type.\ntype T[K any] struct{ a int }\n",
		"T.Get": "// Get returns it.\nfunc (t *T[K]) Get() int {\n\ta := t.a\n\tif a == 0 {\n\t\ta = 1\n\t}\n\treturn a\n}\n",
		"body":  "a := t.a\nif a == 0 {\n\ta = 1\n}\n",
		"two":   "var one, two = 1, 2\n",
	} {
		if got, err := region.Of("x.go", []byte(source), name); err != nil || got != expected {
			t.Errorf("%s: got %q, %v, expected %q", name, got, err, expected)
		}
	}
	if got, err := region.Of("x.go", []byte(source), ""); err != nil || strings.Contains(got, "docs:") || !strings.Contains(got, "package x") {
		t.Errorf("got %q, %v, expected the whole file without its markers", got, err)
	}
	for _, name := range []string{"none", "Get", "end"} {
		if got, err := region.Of("x.go", []byte(source), name); err == nil {
			t.Errorf("%s: got %q, expected an error", name, got)
		}
	}
}

func TestEqual(t *testing.T) {
	if !region.Equal("a\n", "// A comment\n// of two lines.\na\n") || region.Equal("// Another.\na\n", "// A comment.\na\n") {
		t.Error("got another answer than that a comment may be left out")
	}
	const text = "a\n\tb\nc\nd\n"
	for block, equal := range map[string]bool{
		"a\nb\nc\nd\n": true, "\ta\n\t\tb\n\tc\n\td\n": true, "a\n…\nd\n": true, "a\n…\n": true, "…\nd\n": true,
		"": false, "a\nb\nc\n": false, "b\nc\nd\n": false, "a\n…\nx\n": false, "a\nc\nd\n": false, "a\n…\nc\n": false,
	} {
		if got := region.Equal(block, text); got != equal {
			t.Errorf("got %t for %q, expected %t", got, block, equal)
		}
	}
}
