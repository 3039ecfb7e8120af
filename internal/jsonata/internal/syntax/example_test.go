package syntax_test

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
)

func ExampleParse() {
	tree, _ := syntax.Parse(`$orders[total > $limit].id`)
	fmt.Println(tree.Kind == syntax.KindPath, len(tree.List))
	fmt.Println(syntax.FreeVariables(tree))
	fmt.Println(syntax.UsesInput(tree, true))

	_, err := syntax.Parse(`1 +`)
	fmt.Println(err.Code, err.Position)
	// Output:
	// true 2
	// [orders limit]
	// false
	// S0207 3
}
