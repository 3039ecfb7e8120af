package plan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/cli/definition"
	"github.com/mapjob/mapjob/internal/cli/parts"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/measured"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/plan/stack"
	"github.com/mapjob/mapjob/internal/plan/walk"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/template"
)

// job is the job to plan.
type job struct {
	name         string // empty for a workload alone
	setup        plan.Setup
	shape        *plan.Shape // nil for the smallest job that mapjob makes
	runsPerMonth float64
	region       string // empty if it is not known
	expected     *protocol.Expected
	unknown      []string // what its stack or its definition does not say
}

// find returns the job to plan: of a definition, of an app, of a run, or that of a
// workload alone.
func (c *Command) find(ctx context.Context, streams *terminal.Streams, run *measured.Run) (job, error) {
	if c.Definition != "" {
		info, err := os.Stat(c.Definition)
		if err == nil && info.IsDir() {
			return c.ofAssembly(c.Definition)
		}
		machine, err := definition.Parse(c.Definition, streams.In)
		if err != nil {
			return job{}, err
		}
		name := c.Definition
		if name == "-" {
			name = "standard input"
		}
		return ofDefinition(name, machine, c.Choose)
	}
	switch _, err := os.Stat("cdk.json"); {
	case c.NoApp || errors.Is(err, fs.ErrNotExist) && c.App == "":
		if run == nil || run.Definition == "" {
			j := alone()
			j.region = defaultRegion
			return j, nil
		}
		machine, err := asl.Parse([]byte(run.Definition), asl.WithoutSizeLimits())
		if err != nil {
			return job{}, fmt.Errorf("--from: the definition of the run: %w", err)
		}
		choices := run.Choices()
		maps.Copy(choices, c.Choose)
		return ofDefinition("Job of run "+c.From, machine, choices)
	}
	return c.ofApp(ctx, streams)
}

// ofDefinition returns the job of a definition alone: its functions have the defaults.
func ofDefinition(name string, machine *asl.StateMachine, choices map[string]string) (job, error) {
	shape, setup, err := walk.Shape(machine, walk.Facts{Choices: choices})
	if err != nil {
		return job{}, fmt.Errorf("%s: %w", name, err)
	}
	j := job{name: name, setup: setup, shape: &shape}
	j.unknown = decided(shape)
	return j.complete("its definition"), nil
}

// decided says which Choice states the structure of the definition decided.
func decided(shape plan.Shape) []string {
	if len(shape.Assumed) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("which states follow %s was decided by the structure of the definition: --choose STATE=NEXT decides otherwise", number.Some(shape.Assumed))}
}

// complete gives the functions whose settings are not known the defaults of gofunction.
func (j job) complete(what string) job {
	defaults := alone().setup
	s := &j.setup
	s.Memory, s.Timeout = maps.Clone(s.Memory), maps.Clone(s.Timeout)
	if s.Memory == nil {
		s.Memory = map[plan.Role]int{}
	}
	if s.Timeout == nil {
		s.Timeout = map[plan.Role]time.Duration{}
	}
	if s.Memory[plan.Worker] == 0 {
		j.unknown = append(j.unknown, fmt.Sprintf("%s does not say the memory of the worker: %d MB, unless --memory says more", what, defaults.Memory[plan.Worker]))
	}
	for role, memory := range defaults.Memory {
		if s.Memory[role] == 0 {
			s.Memory[role] = memory
		}
		if s.Timeout[role] == 0 {
			s.Timeout[role] = 15 * time.Minute
		}
	}
	if s.Architecture == "" {
		s.Architecture = defaults.Architecture
	}
	s.ItemsAtOnce = max(s.ItemsAtOnce, 1)
	if s.BatchBytes == 0 {
		s.BatchBytes = protocol.MaxAnswer
	}
	if s.Overhead == 0 {
		s.Overhead = overhead
	}
	return j
}

// ofApp returns a job of the CDK app.
func (c *Command) ofApp(ctx context.Context, streams *terminal.Streams) (_ job, err error) {
	folder, err := os.MkdirTemp("", "mapjob-plan-")
	if err != nil {
		return job{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	p := parts.Parts{Run: &runs.Folder{Path: folder}, Progress: terminal.NewProgress(streams.Err),
		Flags: &parts.Flags{App: c.App, Context: c.Context, Parameter: c.Parameter, NoCache: c.NoCache, Stack: c.Stack, Job: c.Job}}
	if err := p.Flags.Check(); err != nil {
		return job{}, err
	}
	synthesized, err := p.Synthesize(ctx)
	if err != nil {
		return job{}, err
	}
	return c.ofStack(synthesized)
}

// ofAssembly returns a job of a cloud assembly.
func (c *Command) ofAssembly(folder string) (job, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return job{}, err
	}
	assembly, err := template.Read(folder)
	if err != nil {
		return job{}, err
	}
	if err := assembly.SetParameters(c.Parameter); err != nil {
		return job{}, err
	}
	chosen, err := runnable.Choose(assembly, c.Stack, c.Job)
	if err != nil {
		return job{}, err
	}
	return c.ofStack(chosen)
}

// ofStack returns a job of a stack.
func (c *Command) ofStack(s *template.Stack) (job, error) {
	all, err := stack.Jobs(s, c.Choose)
	if err != nil {
		return job{}, err
	}
	r, err := s.FindAmong(runnable.Machines(s), c.Job, "state machine", "--job")
	if err != nil {
		return job{}, err
	}
	i := slices.IndexFunc(all, func(j stack.Job) bool { return j.Name == s.ShortName(r) })
	found := all[i]
	if found.Err != nil {
		return job{}, found.Err
	}
	j := job{name: found.Name, setup: found.Setup, shape: &found.Shape, runsPerMonth: found.RunsPerMonth, region: found.Region,
		expected: found.Expected, unknown: append(found.Unknown, decided(found.Shape)...)}
	return j.complete("the app"), nil
}

// overhead is how many bytes a batch has without its items, with names as long as
// CloudFormation's.
const overhead = 383

// alone returns the job of a workload alone: the defaults of mapjob.New and
// gofunction.New.
func alone() job {
	const hour, minute = time.Hour, time.Minute
	return job{setup: plan.Setup{
		Passing: plan.ByValue, Children: plan.Standard, Batch: 100, BatchBytes: protocol.MaxAnswer, Overhead: overhead, MaxConcurrency: 100, ItemsAtOnce: 1,
		Memory:       map[plan.Role]int{plan.Worker: defaultMemory, plan.JobStart: defaultMemory, plan.Summary: 1024, plan.Chunker: 1024},
		Timeout:      map[plan.Role]time.Duration{plan.Worker: minute, plan.JobStart: 15 * minute, plan.Summary: 15 * minute, plan.Chunker: 15 * minute},
		Architecture: "arm64", Traced: true, ExecutionTimeout: 24 * hour,
	}}
}

// shapes returns what an execution enters with a setup: what the job enters, if it
// passes items in the same way, and else what a job of mapjob does.
func (j job) shapes(s plan.Setup) plan.Shape {
	if j.shape == nil {
		return plan.Form(s, plan.FormOptions{JobStart: true})
	}
	if s.Passing != j.setup.Passing {
		return plan.Form(s, plan.FormOptions{JobStart: j.invokes(plan.JobStart), Lock: slices.ContainsFunc(j.shape.Parent, isLock)})
	}
	shape := *j.shape
	shape.Map.MaxItems, shape.Map.MaxConcurrency, shape.Map.Express = s.Batch, s.MaxConcurrency, s.Children == plan.Express
	return shape
}

// invokes reports whether the job has a function of a role. A workload alone is
// planned with a job start and a summary.
func (j job) invokes(role plan.Role) bool {
	if j.shape == nil {
		return role != plan.Chunker
	}
	for _, r := range j.shape.Calls {
		if r == role {
			return true
		}
	}
	return false
}

func isLock(s plan.Step) bool { return s.Call != nil && s.Call.Service == "dynamodb" }

// refuses reports whether the job can't be set up so: items that have states of their
// own are passed by value.
func (j job) refuses(o option.Option) bool {
	return j.shape != nil && len(j.shape.PerItem) > 0 && o.Setup.Passing == plan.ByReference
}

// withMemory returns the setup with another memory of the worker.
func withMemory(s plan.Setup, mb int) plan.Setup {
	s.Memory = maps.Clone(s.Memory)
	s.Memory[plan.Worker] = mb
	return s
}

// described says what the job is, for the title.
func (j job) described() string {
	return fmt.Sprintf("%s MB %s", number.Thousands(j.setup.Memory[plan.Worker]), j.setup.Architecture)
}
