// Package parts measures the services that a run starts beside the least that each could be.
package parts

import "github.com/mapjob/mapjob/test/bench/figure"

// Figures returns the figures of the group parts. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "parts/host-vs-minimal", Unit: "invocations/s", Begin: hostVsMinimal,
			Peer: "a minimal Runtime API", Ratio: figure.AtLeast(0.95),
		},
		{
			Name: "parts/s3-vs-file-server", Unit: "objects/s", Begin: putObjects,
			Peer: "a server that writes files", Ratio: figure.AtLeast(0.90),
		},
	}
}
