package plan

import (
	"context"
	"maps"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/protocol"
)

// job is the job to plan.
type job struct {
	name         string // empty for a workload alone
	setup        plan.Setup
	shape        *plan.Shape // nil for the smallest job that mapjob makes
	runsPerMonth float64
	region       string
}

// find returns the job to plan.
func (c *Command) find(ctx context.Context, streams *terminal.Streams) (job, error) {
	return alone(), nil
}

// overhead is how many bytes a batch has without its items, with names as long as
// CloudFormation's.
const overhead = 383

// alone returns the job of a workload alone: the defaults of mapjob.New and
// gofunction.New.
func alone() job {
	const hour, minute = time.Hour, time.Minute
	return job{region: defaultRegion, setup: plan.Setup{
		Passing: plan.ByValue, Children: plan.Standard, Batch: 100, BatchBytes: protocol.MaxAnswer, Overhead: overhead, MaxConcurrency: 100, ItemsAtOnce: 1,
		Memory:       map[plan.Role]int{plan.Worker: defaultMemory, plan.JobStart: defaultMemory, plan.Summary: 1024, plan.Chunker: 1024},
		Timeout:      map[plan.Role]time.Duration{plan.Worker: minute, plan.JobStart: 15 * minute, plan.Summary: 15 * minute, plan.Chunker: 15 * minute},
		Architecture: "arm64", Traced: true, ExecutionTimeout: 24 * hour,
	}}
}

// shapes returns what an execution enters with a setup.
func (j job) shapes(s plan.Setup) plan.Shape {
	if j.shape != nil && s.Passing == j.setup.Passing && s.Children == j.setup.Children {
		shape := *j.shape
		shape.Map.MaxItems, shape.Map.MaxConcurrency = s.Batch, s.MaxConcurrency
		return shape
	}
	return plan.Form(s, plan.FormOptions{JobStart: true})
}

// withMemory returns the setup with another memory of the worker.
func withMemory(s plan.Setup, mb int) plan.Setup {
	s.Memory = maps.Clone(s.Memory)
	s.Memory[plan.Worker] = mb
	return s
}
