// Package serve starts the parts of a stack and runs no job: mapjob serve.
package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"text/template"

	"github.com/mapjob/mapjob/internal/cli/parts"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/stack"
)

// Command is mapjob serve.
type Command struct {
	parts.Flags

	Earlier  string `name:"run" help:"Go on in the folder of an earlier run, with its objects, tables and executions: its ID, or last." placeholder:"ID"`
	JSON     bool   `help:"Print one JSON document."`
	KeepRuns int    `help:"Runs whose folders are kept in .mapjob/runs, at least 1: older ones are removed when a run begins." name:"keep-runs" default:"20" placeholder:"N"`
}

// Run starts the parts, prints where they are, and stops them on Ctrl-C.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	if c.KeepRuns < 1 {
		return fmt.Errorf("--keep-runs: got %d, expected 1 or more", c.KeepRuns)
	}
	progress := terminal.NewProgress(streams.Err)
	p, err := c.open(progress)
	if err != nil {
		return err
	}
	if _, err = p.Synthesize(ctx); err == nil {
		err = p.Start(ctx, stack.Options{})
	}
	if err != nil {
		return errors.Join(err, p.Discard())
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	var begun runs.Beginning
	begun.Begin(p.Run.Path)
	var pruning sync.WaitGroup
	defer pruning.Wait()
	pruning.Go(func() {
		if err := begun.Prune(c.KeepRuns); err != nil {
			progress.Say("an older run could not be removed: %v", err)
		}
	})
	if err := c.print(streams, p); err != nil {
		return err
	}
	progress.Say("the parts run until Ctrl-C")
	<-ctx.Done()
	progress.Say("stopping; everything is in %s", p.Run.Path)
	return nil
}

// open makes the folder of a run, or uses an earlier one.
func (c *Command) open(progress *terminal.Progress) (*parts.Parts, error) {
	if c.Earlier != "" {
		p, err := parts.Again(c.Earlier, &c.Flags, progress)
		if err != nil {
			err = fmt.Errorf("--run: %w", err)
		}
		return p, err
	}
	folder, err := runs.New()
	return &parts.Parts{Flags: &c.Flags, Progress: progress, Run: folder}, err
}

// answer is what --json prints.
type answer struct {
	Environment   map[string]string `json:"environment"`
	StateMachines []machine         `json:"stateMachines"`
	RunDir        string            `json:"runDir"`
}

type machine struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
	Type string `json:"type"`
	Job  string `json:"job"` // short name of its construct
}

// page is the text that is printed without --json. A shell takes it as it is.
var page = template.Must(template.New("").Parse(`{{range $name, $value := .Environment}}export {{$name}}={{$value}}
{{end}}{{range .StateMachines}}# {{.Job}}: {{.ARN}}
{{end}}`))

func (c *Command) print(streams *terminal.Streams, p *parts.Parts) error {
	a := answer{Environment: map[string]string{
		"AWS_ACCESS_KEY_ID": "mapjob", "AWS_SECRET_ACCESS_KEY": "mapjob", // any are accepted
		"AWS_REGION": p.Stack.Region(), "AWS_DEFAULT_REGION": p.Stack.Region(),
	}, StateMachines: []machine{}, RunDir: p.Run.Path}
	for _, endpoint := range p.Stack.Endpoints() {
		name, url, _ := strings.Cut(endpoint, "=")
		a.Environment[name] = url
	}
	for _, m := range p.Stack.Machines() {
		a.StateMachines = append(a.StateMachines, machine{Name: m.Name, ARN: m.ARN, Type: string(m.Type), Job: p.Stack.JobName(m)})
	}
	if !c.JSON {
		return page.Execute(streams.Out, a)
	}
	return terminal.PrintJSON(streams.Out, a)
}
