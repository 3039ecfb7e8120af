// Package graph draws state machines: mapjob graph.
package graph

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/cli/definition"
	"github.com/mapjob/mapjob/internal/cli/parts"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	definitions "github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/graph"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/template"
)

// Command is mapjob graph.
type Command struct {
	Execution string `arg:"" optional:"" help:"Name or ARN of an execution: its states are coloured by what happened. Default with --local: the last one."`

	Definition string `help:"Draw a definition, JSON or YAML, or the job of a cloud assembly, such as cdk.out; - is standard input. Default: the job of the CDK app of this folder." placeholder:"FILE or FOLDER"`
	Format     string `help:"Format of the drawing: ${enum}." enum:"mermaid,svg" default:"mermaid"`
	JSON       bool   `help:"Print the graph as one JSON document, with its places."`

	App       string            `help:"Command that runs the CDK app. Default: the app of cdk.json." placeholder:"COMMAND"`
	Context   map[string]string `short:"c" help:"Context value for the app, as for the CDK CLI; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Parameter map[string]string `help:"Value of a parameter of the template; may be repeated." placeholder:"NAME=VALUE" mapsep:"none"`
	NoCache   bool              `help:"Synthesize the app even if nothing that it reads has changed." name:"no-cache"`
	Stack     string            `help:"Stack of the job: of an app by its name or path, of an execution by its name. Default: that of --job, or the only one with a job." placeholder:"NAME"`
	Job       string            `help:"Job to draw: of an app by the path of its construct or the end of it, of an execution by the name or ARN of its state machine. Default: the only one." placeholder:"NAME"`

	Local   bool   `help:"Look for the execution in the runs of this folder, in .mapjob/runs, in place of AWS."`
	Profile string `help:"Profile of the AWS configuration." placeholder:"NAME"`
	Region  string `help:"Region of AWS." placeholder:"REGION"`
}

// Run draws a definition, the job of the app, or an execution.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) error {
	if err := c.check(); err != nil {
		return err
	}
	g, err := c.graph(ctx, streams)
	switch {
	case err != nil:
		return err
	case c.JSON:
		if err := g.Layout(); err != nil {
			return err
		}
		return terminal.PrintJSON(streams.Out, g)
	case c.Format == "svg":
		return g.SVG(streams.Out)
	}
	var text strings.Builder
	if err := g.Mermaid(&text); err != nil {
		return err
	}
	if text.Len() > graph.MermaidText || len(g.Edges) > graph.MermaidEdges {
		fmt.Fprintf(streams.Err, "mapjob: GitHub does not draw this diagram: it has %s and %s of text, expected at most %s and %s; --format svg has no limit\n",
			number.Of(len(g.Edges), "arrow"), number.Of(text.Len(), "byte"), number.Thousands(graph.MermaidEdges), number.Thousands(graph.MermaidText))
	}
	_, err = fmt.Fprint(streams.Out, &text)
	return err
}

func (c *Command) check() error {
	ofExecution := c.Execution != "" || c.Local
	switch {
	case c.Definition != "" && ofExecution:
		return errors.New("--definition: got an execution or --local, too, expected one of them")
	case c.Definition != "" && (c.App != "" || len(c.Context) > 0 || c.NoCache):
		return errors.New("--definition: got --app, --context or --no-cache, too, which are of an app that is drawn without --definition")
	case c.JSON && c.Format != "mermaid":
		return errors.New("--json: got --format, too, expected one of them")
	case !ofExecution && (c.Profile != "" || c.Region != ""):
		return errors.New("--profile, --region: got no execution, expected its name or ARN")
	case ofExecution && (c.App != "" || len(c.Context) > 0 || len(c.Parameter) > 0 || c.NoCache):
		return errors.New("EXECUTION: got --app, --context, --parameter or --no-cache, too, which are of an app that is drawn without an execution")
	}
	return nil
}

func (c *Command) graph(ctx context.Context, streams *terminal.Streams) (*graph.Graph, error) {
	switch {
	case c.Execution != "" || c.Local:
		return c.ofExecution(ctx, streams)
	case c.Definition == "":
		return c.ofApp(ctx, streams)
	}
	if info, err := os.Stat(c.Definition); err == nil && info.IsDir() {
		return c.ofAssembly(c.Definition)
	}
	if c.Stack != "" || c.Job != "" || len(c.Parameter) > 0 {
		return nil, fmt.Errorf("--definition: got --stack, --job or --parameter, too, which choose in a cloud assembly, expected the folder of one in place of %s", c.Definition)
	}
	machine, err := definition.Parse(c.Definition, streams.In)
	if err != nil {
		return nil, err
	}
	return graph.New(machine), nil
}

// ofExecution draws what happened in an execution.
func (c *Command) ofExecution(ctx context.Context, streams *terminal.Streams) (*graph.Graph, error) {
	if _, err := os.Stat(c.Execution); err == nil {
		return nil, fmt.Errorf("EXECUTION: got the file %s, expected the name or ARN of an execution; --definition draws a file", c.Execution)
	}
	one := target.One{Execution: c.Execution, Target: target.Target{Stack: c.Stack, Job: c.Job, Local: c.Local, Profile: c.Profile, Region: c.Region}}
	x, traced, err := one.Trace(ctx)
	if err != nil {
		return nil, err
	}
	for _, lack := range traced.Lacks {
		fmt.Fprintln(streams.Err, plain.Line(lack))
	}
	return traced.Graph(x)
}

// ofApp draws a job of the CDK app.
func (c *Command) ofApp(ctx context.Context, streams *terminal.Streams) (_ *graph.Graph, err error) {
	folder, err := os.MkdirTemp("", "mapjob-graph-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	p := parts.Parts{Run: &runs.Folder{Path: folder}, Progress: terminal.NewProgress(streams.Err),
		Flags: &parts.Flags{App: c.App, Context: c.Context, Parameter: c.Parameter, NoCache: c.NoCache, Stack: c.Stack, Job: c.Job}}
	if err := p.Flags.Check(); err != nil {
		return nil, err
	}
	stack, err := p.Synthesize(ctx)
	if err != nil {
		return nil, err
	}
	return c.ofStack(stack)
}

// ofAssembly draws a job of a cloud assembly.
func (c *Command) ofAssembly(folder string) (*graph.Graph, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	assembly, err := template.Read(folder)
	if err != nil {
		return nil, err
	}
	if err := assembly.SetParameters(c.Parameter); err != nil {
		return nil, err
	}
	stack, err := runnable.Choose(assembly, c.Stack, c.Job)
	if err != nil {
		return nil, err
	}
	return c.ofStack(stack)
}

// ofStack draws a job of a stack.
func (c *Command) ofStack(stack *template.Stack) (*graph.Graph, error) {
	if !runnable.HasStateMachine(stack) {
		return nil, fmt.Errorf("stack %s has no state machine, expected one to draw", stack.Name)
	}
	among := runnable.Machines(stack)
	if c.Job != "" {
		among = stack.Resources(runnable.MachineType)
	}
	r, err := stack.FindAmong(among, c.Job, "state machine", "--job")
	if err != nil {
		return nil, err
	}
	name := stack.ShortName(r)
	text, _, err := definitions.Of(r)
	if err != nil {
		return nil, fmt.Errorf("state machine %s: %w", name, err)
	}
	machine, err := asl.Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("state machine %s: %w", name, err)
	}
	g := graph.New(machine)
	g.Title = name
	return g, nil
}
