// Package plan computes what a job will cost, how long it takes and which limit it
// meets first: mapjob plan.
package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/measured"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/plan/page"
	"github.com/mapjob/mapjob/internal/price"
)

// Command is mapjob plan.
type Command struct {
	Definition string            `help:"Plan a definition, JSON or YAML, or the job of a cloud assembly, such as cdk.out; - is standard input. Default: the job of the CDK app of this folder, if there is one." placeholder:"FILE or FOLDER"`
	App        string            `help:"Command that runs the CDK app. Default: the app of cdk.json." placeholder:"COMMAND"`
	NoApp      bool              `help:"Plan the workload alone, without an app." name:"no-app"`
	Context    map[string]string `short:"c" help:"Context value for the app, as for the CDK CLI; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Parameter  map[string]string `help:"Value of a parameter of the template; may be repeated." placeholder:"NAME=VALUE" mapsep:"none"`
	NoCache    bool              `help:"Synthesize the app even if nothing that it reads has changed." name:"no-cache"`
	Stack      string            `help:"Stack of the job, by its name or path. Default: that of --job, or the only one with a job." placeholder:"NAME"`
	Job        string            `help:"Job to plan, by the path of its construct or the end of it. Default: the only one." placeholder:"NAME"`
	Choose     map[string]string `help:"State that follows a Choice state, if the plan takes another one; may be repeated." placeholder:"STATE=NEXT" mapsep:"none"`
	From       string            `help:"Take what a run on this machine measured, last or its ID, for what no flag says." placeholder:"RUN" complete:"last"`

	Items       int     `help:"Items of an execution. Default: ExpectedItems of the job." placeholder:"N"`
	ItemBytes   int     `help:"Bytes of an item, as JSON. Default: 200." placeholder:"N"`
	ResultBytes int     `help:"Bytes of an item's result, as JSON. Default: none." placeholder:"N"`
	ItemMs      string  `help:"Milliseconds that an item takes, or those by memory in MB, such as 128=220,256=100." placeholder:"MS or MB=MS,…"`
	ItemsAtOnce int     `help:"Items that an invocation of the worker handles at once. Default: 1." placeholder:"N"`
	FailureRate float64 `help:"Share of items that fail in the end, 0 to 1." placeholder:"SHARE"`
	CrashRate   float64 `help:"Share of invocations of the worker that crash, time out or are lost, and are retried, 0 to 1." placeholder:"SHARE"`

	Within       time.Duration `help:"Recommend only what ends within this time, such as 30m." placeholder:"TIME"`
	Memory       int           `help:"Memory of the worker in MB. Default: that of the job, or 256." placeholder:"MB"`
	Architecture string        `help:"Processor of the functions: arm64 or x86_64. Default: that of the job, or arm64." placeholder:"NAME" complete:"arm64,x86_64"`

	Region             string             `help:"Region of AWS. Default: that of the stack, or us-east-1." placeholder:"REGION"`
	AccountConcurrency int                `help:"Functions that the account may run at once in the region. Default: AWS's default." placeholder:"N"`
	Account            string             `help:"Quotas of AWS: those of a large region, a small one, or a new account. Default: those of the region." placeholder:"large, small or new" complete:"large,small,new"`
	Quota              map[string]float64 `help:"A quota, such as states.transitions.rate=10000; may be repeated. --verbose has their names." placeholder:"NAME=VALUE" mapsep:"none"`
	Prices             []string           `help:"Prices and quotas in place of mapjob's, as in internal/price/data/aws.json; may be repeated." placeholder:"FILE" sep:"none"`
	FreeTier           bool               `help:"Subtract the free tier of a month."`
	RunsPerMonth       float64            `help:"Executions of a month. Default: as the schedule of the job says." placeholder:"N"`

	Simulate bool    `help:"Simulate the recommended option event by event, too."`
	Seed     *uint64 `help:"Seed of the simulation. Default: 1." placeholder:"N"`

	Page    string `help:"Write a page with bars and curves to this file." placeholder:"FILE"`
	JSON    bool   `help:"Print one JSON document; docs/plan.schema.json describes it."`
	Verbose bool   `help:"Print all options of the batch, bounds, assumptions and sources, too."`
}

// Defaults of a workload alone, which are those of gofunction.
const (
	defaultItemBytes = 200
	defaultMemory    = 256
	defaultRegion    = "us-east-1"
)

// Run prints the plan.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) error {
	if err := c.check(); err != nil {
		return err
	}
	r, err := c.result(ctx, streams)
	if err != nil {
		return err
	}
	if c.Page != "" {
		if err := writePage(c.Page, r); err != nil {
			return fmt.Errorf("--page: %w", err)
		}
	}
	if c.JSON {
		err = terminal.PrintJSON(streams.Out, r.answer())
	} else {
		err = r.print(streams.Out, c.Verbose)
	}
	return errors.Join(err, r.none)
}

// result is a plan with what it was made from.
type result struct {
	job      job
	workload plan.Workload
	times    []timed // by memory
	book     *price.Book

	options     []option.Option // of mapjob
	others      []option.Option // of other architectures
	recommended *option.Option  // nil if none is possible
	current     *option.Option  // the job as it is; nil for a workload alone
	none        error           // why nothing is recommended
	assumed     []string        // what nothing says
	warnings    []string        // about the job as it is
	measured    *measured.Run   // nil without --from
	simulated   *simulated      // nil without --simulate
}

// timed is how long an item takes with the memory of a function.
type timed struct {
	memory int
	time   plan.Time
}

func (c *Command) result(ctx context.Context, streams *terminal.Streams) (*result, error) {
	r := &result{}
	var err error
	if c.From != "" {
		if r.measured, err = readRun(c.From); err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
	}
	if r.job, err = c.find(ctx, streams, r.measured); err != nil {
		return nil, err
	}
	if err := c.apply(r); err != nil {
		return nil, err
	}
	if r.book, err = c.read(r.job.region); err != nil {
		return nil, err
	}
	if err := r.compare(); err != nil {
		return nil, err
	}
	if c.Simulate && r.recommended != nil {
		err = r.simulate(ctx, c.Seed, streams)
	}
	return r, err
}

// read reads prices and quotas.
func (c *Command) read(region string) (*price.Book, error) {
	book, err := price.Read(region, c.Prices...)
	if unknown, ok := errors.AsType[*price.UnknownRegionError](err); ok {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("--prices: %w", err)
	}
	if c.Account != "" {
		if book, err = book.For(c.Account); err != nil {
			return nil, fmt.Errorf("--account: %w", err)
		}
	}
	if c.AccountConcurrency != 0 {
		if book, err = book.With("lambda.concurrency", float64(c.AccountConcurrency)); err != nil {
			return nil, fmt.Errorf("--account-concurrency: %w", err)
		}
	}
	for name, value := range c.Quota {
		if book, err = book.With(name, value); err != nil {
			return nil, fmt.Errorf("--quota: %w", err)
		}
	}
	return book, nil
}

// compare plans all options, for each memory whose time is known.
func (r *result) compare() error {
	for _, t := range r.times {
		w, setup := r.with(t), withMemory(r.job.setup, t.memory)
		options, others, err := option.Compare(w, setup, r.job.shapes, r.book)
		if err != nil {
			return err
		}
		r.options = append(r.options, slices.DeleteFunc(options, r.job.refuses)...)
		if t.memory == r.job.setup.Memory[plan.Worker] || len(r.times) == 1 {
			r.others = others
		}
	}
	option.MarkBest(r.options)
	if err := r.look(); err != nil {
		return err
	}
	best, err := option.Recommend(r.options, r.workload)
	if none, ok := errors.AsType[*option.NoneError](err); ok {
		r.none = none
	} else if err != nil {
		return err
	} else {
		r.recommended = &best
	}
	return nil
}

// look plans the job as it is, and says what is wrong with it.
func (r *result) look() error {
	if r.job.shape == nil {
		return nil
	}
	o, err := option.Evaluate(r.workload, r.job.setup, *r.job.shape, r.book)
	if err != nil {
		return err
	}
	r.current = &o
	if !o.Feasible {
		r.warnings = append(r.warnings, "the job as it is can't do this workload: "+o.Why)
	}
	if !o.Took.Certain && o.Took.Why != "" {
		r.warnings = append(r.warnings, o.Took.Why)
	}
	return nil
}

// with returns the workload with the time of an item.
func (r *result) with(t timed) plan.Workload {
	w := r.workload
	w.Time = t.time
	return w
}

func writePage(name string, r *result) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	report, err := r.page()
	if err != nil {
		return err
	}
	return page.Write(file, report)
}
