// Package mapstate measures Map states in the engine.
package mapstate

import "github.com/mapjob/mapjob/test/bench/figure"

// Figures returns the figures of the group engine. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "engine/inline-in-process", Unit: "items/s", Begin: inlineInProcess,
			Peer: "aws-local-stepfunctions 3.0.0", Value: figure.AtLeast(100_000), Ratio: figure.AtLeast(10),
		},
		{
			Name: "engine/real-lambda-vs-host", Unit: "items/s", Begin: realLambda,
			Peer: "the same host, no state machine", Ratio: figure.AtLeast(0.70),
		},
		{
			Name: "engine/distributed-million-rss", Unit: "MB", Begin: millionPeak,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
		{
			Name: "engine/cost-per-item-10k-vs-1m", Unit: "ns/item", Begin: distributedCost,
			Peer: "10,000 items", Ratio: figure.AtMost(1.25),
		},
		{
			// This one has no target: an inline Map holds all of its items in memory,
			// and the service allows only 256 KB of them.
			Name: "engine/inline-cost-per-item-10k-vs-1m", Unit: "ns/item", Begin: inlineCost,
			Peer: "10,000 items",
		},
	}
}
