// Package plan computes what a job will cost, how long it takes and which limit it
// meets first: mapjob plan.
package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/plan/page"
	"github.com/mapjob/mapjob/internal/price"
)

// Command is mapjob plan.
type Command struct {
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
	free     bool

	options     []option.Option // of mapjob
	others      []option.Option // of other architectures
	recommended *option.Option  // nil if none is possible
	current     *option.Option  // the job as it is; nil for a workload alone
	none        error           // why nothing is recommended
	assumed     []string        // what the flags left open
	curves      []option.Curve  // of what the table shows
	synthesized bool
}

// timed is how long an item takes with the memory of a function.
type timed struct {
	memory int
	time   plan.Time
}

func (c *Command) result(ctx context.Context, streams *terminal.Streams) (*result, error) {
	r := &result{free: c.FreeTier}
	var err error
	if r.job, err = c.find(ctx, streams); err != nil {
		return nil, err
	}
	if err := c.apply(r); err != nil {
		return nil, err
	}
	if r.book, err = c.read(r.job.region); err != nil {
		return nil, err
	}
	return r, r.compare()
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
		r.options = append(r.options, options...)
		if t.memory == r.job.setup.Memory[plan.Worker] || len(r.times) == 1 {
			r.others = others
		}
	}
	option.MarkBest(r.options)
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
