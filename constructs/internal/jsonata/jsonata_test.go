package jsonata_test

import (
	"testing"

	"github.com/mapjob/mapjob/constructs/internal/jsonata"
)

func TestLiteralComputesTheFieldsValue(t *testing.T) {
	for _, c := range []struct {
		value    any
		expected string
	}{
		{"text", `"text"`},
		{`quotes " and {% later %}`, `"quotes \" and {% later %}"`},
		{jsonata.Expression("$a & '%s'", "b"), `($a & 'b')`},
		{7, `7`},
		{jsonata.Object{"b": jsonata.Expression("$b"), "a": jsonata.Object{"c": nil}}, `{"a": {"c": null}, "b": ($b)}`},
	} {
		if got := jsonata.Literal(c.value); got != c.expected {
			t.Errorf("%v: got %s, expected %s", c.value, got, c.expected)
		}
	}
}
