package asl_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// BenchmarkExpression shows that a plain path costs what a path costs, beside
// the same path in JSONPath and an expression for the interpreter.
func BenchmarkExpression(b *testing.B) {
	input := value.NewObject("order", value.NewObject("id", 7.0, "lines", []any{1.0, 2.0}))
	for _, c := range []struct{ name, definition string }{
		{"jsonata-path", `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Output":"{% $states.input.order.id %}"}}}`},
		{"jsonpath", `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Parameters":{"x.$":"$.order.id"}}}}`},
		{"jsonata-interpreted", `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Output":"{% $sum($states.input.order.lines) %}"}}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			machine, err := asl.Parse([]byte(c.definition))
			if err != nil {
				b.Fatal(err)
			}
			template := machine.Start.Output
			if template == nil {
				template = machine.Start.Parameters
			}
			scope := &asl.Scope{Input: input}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := template.Evaluate(scope); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
