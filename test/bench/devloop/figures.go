// Package devloop measures how long a developer waits for a run or a synthesis.
package devloop

import "github.com/mapjob/mapjob/test/bench/figure"

// Figures returns the figures of the group devloop. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "devloop/sample-run", Unit: "s", Begin: rerun,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
		{
			Name: "devloop/worker-edit", Unit: "s", Begin: workerEdit,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
		{
			Name: "devloop/stack-edit", Unit: "s", Begin: stackEdit,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
		{
			Name: "devloop/synth", Unit: "s", Begin: synth,
			Peer: "an app in JavaScript", Ratio: figure.AtMost(1.5),
		},
	}
}
