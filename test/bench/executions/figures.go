// Package executions measures executions of the sample's job in go test.
package executions

import "github.com/mapjob/mapjob/test/bench/figure"

// Figures returns the figures of the group sfntest. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "sfntest/executions", Unit: "executions/s", Begin: beside("TestExecutions", 2000),
			Peer: "durable-execution-sdk-js-testing", Value: figure.AtLeast(2000),
		},
		{
			Name: "sfntest/sample-executions", Unit: "executions/s", Begin: beside("TestExecutionsOfTheSample", 300),
			Peer: "durable-execution-sdk-js-testing",
		},
	}
}
