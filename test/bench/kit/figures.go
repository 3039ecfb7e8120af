// Package kit measures the handlers of the kit, and what is deployed of them.
package kit

import "github.com/mapjob/mapjob/test/bench/figure"

// Figures returns the figures of the group kit. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "kit/batch-overhead", Unit: "ns/item", Begin: batchOverhead,
			Peer: "decode, call and encode by hand", Value: figure.AtMost(2000),
		},
		{
			Name: "kit/start-speed", Unit: "items/s", Begin: startSpeed,
			Peer: "json.Encoder and requests of 16 MiB", Ratio: figure.AtLeast(0.5),
		},
		{
			Name: "kit/summary-speed", Unit: "results/s", Begin: summarySpeed,
			Peer: "json.Decoder over the same lines", Ratio: figure.AtLeast(0.9),
		},
		{
			Name: "kit/summary-million-rss", Unit: "MB", Begin: summaryPeak,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
		{
			Name: "kit/worker-zip", Unit: "MB", Begin: workerZip,
			Peer: "plain go build", Ratio: figure.AtMost(0.5),
		},
		{
			Name: "kit/worker-start", Unit: "ms", Begin: workerStart,
			Peer: "plain go build", Ratio: figure.AtMost(1),
		},
	}
}
