// Package paths measures plain paths, as JSONata and as JSONPath.
package paths

import "github.com/mapjob/mapjob/test/bench/figure"

// Figures returns the figures of the group jsonata. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "jsonata/plain-path-ns", Unit: "ns", Begin: plainPath,
			Peer: "jsonata 2.0.6", Ratio: figure.AtMost(0.1),
		},
		{
			Name: "jsonata/plain-path-vs-jsonpath", Unit: "ns", Begin: plainPathAsJSONPath,
			Peer: "the same path as JSONPath", Ratio: figure.AtMost(1.5),
		},
	}
}
