package jsonata_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

// states returns an environment with $states as a task sees it. The input is an
// order of 100 lines.
func states() *jsonata.Environment {
	lines := make([]any, 100)
	for i := range lines {
		lines[i] = value.NewObject("sku", "A1", "quantity", float64(i%7+1), "price", 9.5+float64(i))
	}
	input := value.NewObject("order", value.NewObject("id", "o-1", "customer", value.NewObject("name", "María", "tier", "gold")),
		"lines", lines, "total", 12.5, "note", nil)
	states := value.NewObject("input", input, "context", value.NewObject("Execution", value.NewObject("Id", "arn")))
	return &jsonata.Environment{Input: jsonata.Undefined, Variable: func(name string) (any, bool) {
		if name == "states" {
			return states, true
		}
		return nil, false
	}}
}

var benchmarks = []struct{ name, source string }{
	{"path", `$states.input.order.id`},
	{"pathIndex", `$states.input.lines[0].sku`},
	{"object", `{"id": $states.input.order.id, "name": $states.input.order.customer.name, "tier": $states.input.order.customer.tier, "total": $states.input.total, "run": $states.context.Execution.Id}`},
	{"sum", `$sum($states.input.lines.(quantity*price))`},
	{"condition", `$states.input.total > 10 and $states.input.order.customer.tier = 'gold'`},
	{"concat", `'Hello ' & $states.input.order.customer.name & ', order ' & $states.input.order.id`},
	{"filter", `$states.input.lines[quantity > 3].sku`},
	{"map", `$map($states.input.lines, function($l) { $l.quantity * $l.price })`},
	{"merge", `$merge([$states.input.order, {"total": $states.input.total}])`},
	{"group", `$states.input.lines{$string(quantity): $count($)}`},
	{"fib", `($fib := function($n) { $n < 2 ? $n : $fib($n-1) + $fib($n-2) }; $fib(12))`},
}

func BenchmarkEval(b *testing.B) {
	env := states()
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			e, err := jsonata.Compile(c.source)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonata.Compile(benchmarks[2].source); err != nil {
			b.Fatal(err)
		}
	}
}

func TestPlainPathDoesNotAllocate(t *testing.T) {
	env := states()
	for _, source := range []string{`$states.input.order.id`, `$states.input.lines[0].sku`, `$states.input.lines[-1].price`, `$states.input.missing.id`} {
		e, err := jsonata.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() {
			if _, err := e.Eval(env); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: got %v allocations, expected none", source, n)
		}
	}
}
