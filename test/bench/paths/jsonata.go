package paths

import (
	"fmt"
	"strconv"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/jsonpath"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/peers"
)

const (
	// plainPathInput is $states.input of the path.
	plainPathInput = `{"order":{"id":"o-1","customer":{"name":"María","tier":"gold"}},"total":12.5}`
	plainPathQuery = `$states.input.order.customer.name`
	plainPathValue = "María"
)

// plainPath evaluates a plain path as a JSONata expression. The peer is the
// reference implementation, which Step Functions runs.
func plainPath(w *figure.Workplace) (figure.Sides, error) {
	const evaluations = 200_000
	peer, err := peers.Start(w, "jsonata.mjs", plainPathQuery, plainPathInput, plainPathValue, strconv.Itoa(evaluations))
	if err != nil {
		return figure.Sides{}, err
	}
	if _, err := peer.Measure(); err != nil { // compiles its code
		return figure.Sides{}, err
	}
	ours, err := plainPathExpression()
	return figure.Sides{Ours: ours, Peer: peer.Measure}, err
}

// plainPathAsJSONPath compares the expression with the same path as JSONPath.
func plainPathAsJSONPath(*figure.Workplace) (figure.Sides, error) {
	ours, err := plainPathExpression()
	if err != nil {
		return figure.Sides{}, err
	}
	input, err := value.Parse([]byte(plainPathInput))
	if err != nil {
		return figure.Sides{}, err
	}
	root := value.NewObject("states", value.NewObject("input", input))
	path, err := jsonpath.Compile("$.states.input.order.customer.name")
	if err != nil {
		return figure.Sides{}, err
	}
	return figure.Sides{Ours: ours, Peer: evaluating(func() (any, error) { return path.Get(root) })}, nil
}

func plainPathExpression() (figure.Side, error) {
	input, err := value.Parse([]byte(plainPathInput))
	if err != nil {
		return nil, err
	}
	states := value.NewObject("input", input)
	environment := &jsonata.Environment{Input: jsonata.Undefined, Variable: func(name string) (any, bool) {
		return states, name == "states"
	}}
	expression, err := jsonata.Compile(plainPathQuery)
	if err != nil {
		return nil, err
	}
	return evaluating(func() (any, error) { return expression.Eval(environment) }), nil
}

// evaluating returns a side that evaluates the plain path, in nanoseconds.
func evaluating(evaluate func() (any, error)) figure.Side {
	const evaluations = 10_000_000
	return func() (float64, error) {
		return figure.PerItem(evaluations, func() error {
			return figure.Times(evaluations, func() error {
				v, err := evaluate()
				if err == nil && v != plainPathValue {
					err = fmt.Errorf("got %v, expected %s", v, plainPathValue)
				}
				return err
			})
		})
	}
}
