package jsonata_test

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

func Example() {
	e, err := jsonata.Compile(`$states.input.orders[total > $limit].{"id": id, "total": total}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Variables())

	input, _ := value.Parse([]byte(`{"orders":[{"id":"a","total":5},{"id":"b","total":50},{"id":"c","total":70}]}`))
	variables := map[string]any{"states": value.NewObject("input", input), "limit": 10.0}
	result, err := e.Eval(&jsonata.Environment{
		Input:    jsonata.Undefined,
		Variable: func(name string) (any, bool) { v, ok := variables[name]; return v, ok },
	})
	fmt.Println(value.Text(result), err)
	// Output:
	// [states limit]
	// [{"id":"b","total":50},{"id":"c","total":70}] <nil>
}

func ExampleError() {
	e, _ := jsonata.Compile(`"total: " + 5`)
	_, err := e.Eval(&jsonata.Environment{})
	fmt.Println(err)
	// Output:
	// T2001: The left side of the "+" operator must evaluate to a number
}
