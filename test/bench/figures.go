package main

// figures lists all figures. docs/benchmarks.md explains each of them.
var figures = []figure{
	{
		name: "engine/inline-in-process", unit: "items/s", begin: inlineInProcess,
		peer: "aws-local-stepfunctions 3.0.0", value: atLeast(100_000), ratio: atLeast(10),
	},
	{
		name: "engine/real-lambda-vs-host", unit: "items/s", begin: realLambda,
		peer: "the same host, no state machine", ratio: atLeast(0.70),
	},
	{
		name: "engine/distributed-million-rss", unit: "MB", begin: millionPeak,
		peer: "the limit", ratio: atMost(1),
	},
	{
		name: "engine/cost-per-item-10k-vs-1m", unit: "ns/item", begin: distributedCost,
		peer: "10,000 items", ratio: atMost(1.25),
	},
	{
		// This one has no target: an inline Map holds all of its items in memory,
		// and the service allows only 256 KB of them.
		name: "engine/inline-cost-per-item-10k-vs-1m", unit: "ns/item", begin: inlineCost,
		peer: "10,000 items",
	},
	{
		name: "jsonata/plain-path-ns", unit: "ns", begin: plainPath,
		peer: "jsonata 2.0.6", ratio: atMost(0.1),
	},
	{
		name: "jsonata/plain-path-vs-jsonpath", unit: "ns", begin: plainPathAsJSONPath,
		peer: "the same path as JSONPath", ratio: atMost(1.5),
	},
	{
		name: "kit/batch-overhead", unit: "ns/item", begin: batchOverhead,
		peer: "decode, call and encode by hand", value: atMost(2000),
	},
	{
		name: "kit/summary-speed", unit: "results/s", begin: summarySpeed,
		peer: "json.Decoder over the same lines", ratio: atLeast(0.9),
	},
	{
		name: "kit/summary-million-rss", unit: "MB", begin: summaryPeak,
		peer: "the limit", ratio: atMost(1),
	},
	{
		name: "kit/worker-zip", unit: "MB", begin: workerZip,
		peer: "plain go build", ratio: atMost(0.5),
	},
	{
		name: "kit/worker-start", unit: "ms", begin: workerStart,
		peer: "plain go build", ratio: atMost(1),
	},
	{
		name: "parts/host-vs-minimal", unit: "invocations/s", begin: hostVsMinimal,
		peer: "a minimal Runtime API", ratio: atLeast(0.95),
	},
	{
		name: "devloop/sample-run", unit: "s", begin: rerun,
		peer: "the limit", ratio: atMost(1),
	},
	{
		name: "devloop/worker-edit", unit: "s", begin: workerEdit,
		peer: "the limit", ratio: atMost(1),
	},
	{
		name: "devloop/stack-edit", unit: "s", begin: stackEdit,
		peer: "the limit", ratio: atMost(1),
	},
	{
		name: "devloop/synth", unit: "s", begin: synth,
		peer: "an app in JavaScript", ratio: atMost(1.5),
	},
	{
		name: "parts/s3-vs-file-server", unit: "objects/s", begin: putObjects,
		peer: "a server that writes files", ratio: atLeast(0.90),
	},
}
