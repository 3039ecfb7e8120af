package expression_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// BenchmarkExpression compares a plain path in JSONata with the same path in
// JSONPath and with an expression that needs the interpreter.
func BenchmarkExpression(b *testing.B) {
	scope := &expression.Scope{Input: value.NewObject("order", value.NewObject("id", 7.0, "lines", []any{1.0, 2.0}))}
	jsonata := func(source string) (expression.Node, error) { return expression.CompileJSONata(source, "Output") }
	jsonpath := func(source string) (expression.Node, error) { return expression.CompilePath(source, "x.$") }
	for _, c := range []struct {
		name    string
		compile func(string) (expression.Node, error)
		source  string
	}{
		{"jsonata-path", jsonata, "$states.input.order.id"},
		{"jsonpath", jsonpath, "$.order.id"},
		{"jsonata-interpreted", jsonata, "$sum($states.input.order.lines)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			node, err := c.compile(c.source)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := node.Evaluate(scope); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
