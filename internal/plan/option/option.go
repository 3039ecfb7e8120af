// Package option plans ways to set a job up: what each costs, which limit it meets
// first, and which one is the cheapest within a time.
package option

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// Option is a way to set a job up, or another architecture for the same items, with
// what it costs and how long it takes.
type Option struct {
	Name   string
	Setup  plan.Setup
	Counts plan.Counts
	Lines  []Line
	// Compute is what the worker costs, Orchestration everything else.
	Orchestration, Compute price.Amount
	Month                  price.Amount // of all executions of a month, 0 for a workload without
	Took                   plan.Took
	First                  Limit  // what ends the growth of the job; its Name is empty for nothing
	BatchLimit             Limit  // what ends the growth of a batch
	Feasible               bool   // it can do the workload, within the deadline
	Why                    string // it can't
	Best                   bool   // is the cheapest of its kind

	evaluate func(w plan.Workload) (Option, error) // without limits
}

// Total returns what an execution costs.
func (o Option) Total() price.Amount { return o.Orchestration.Plus(o.Compute) }

// Evaluate plans a job with a setup. The shape is what its executions enter.
func Evaluate(w plan.Workload, s plan.Setup, shape plan.Shape, b *price.Book) (Option, error) {
	o, err := use(w, s, shape, b)
	if err != nil {
		return Option{}, err
	}
	if limits := Limits(w, s, shape, b); len(limits) > 0 {
		o.First = limits[0]
	}
	o.BatchLimit = BatchLimit(w, s, shape, b)
	o.judge(w)
	return o, nil
}

// use returns an option without its limits.
func use(w plan.Workload, s plan.Setup, shape plan.Shape, b *price.Book) (Option, error) {
	o := Option{Name: name(s), Setup: s, evaluate: func(w plan.Workload) (Option, error) { return use(w, s, shape, b) }}
	o.Counts = plan.Count(w, s, shape)
	u := using{w: w, s: s, shape: shape, b: b, c: &o.Counts}
	u.add()
	o.Took = plan.Duration(w, s, shape, b)
	u.traces(o.Took.Seconds)
	return o, o.price(w, b)
}

// price adds the lines of the bill, and the sum of the month's.
func (o *Option) price(w plan.Workload, b *price.Book) (err error) {
	if o.Lines, err = Price(o.Counts, 1, o.Setup.Architecture, b, w.FreeTier); err != nil {
		return err
	}
	for _, l := range o.Lines {
		if l.Orchestration {
			o.Orchestration = o.Orchestration.Plus(l.USD)
		} else {
			o.Compute = o.Compute.Plus(l.USD)
		}
	}
	if w.RunsPerMonth <= 0 {
		return nil
	}
	lines, err := Price(o.Counts, w.RunsPerMonth, o.Setup.Architecture, b, w.FreeTier)
	for _, l := range lines {
		o.Month = o.Month.Plus(l.USD)
	}
	return err
}

// judge says whether the option can do the workload.
func (o *Option) judge(w plan.Workload) {
	limit, limited := o.limited(w)
	switch {
	case limited:
		o.Why = limit.String()
	case w.Within > 0 && o.Took.Seconds > w.Within.Seconds():
		o.Why = fmt.Sprintf("takes %v, more than %v", time.Duration(o.Took.Seconds*float64(time.Second)).Round(time.Second), w.Within)
	default:
		o.Feasible = true
	}
}

// limited returns the limit that keeps an option out, however long it may take.
func (o *Option) limited(w plan.Workload) (Limit, bool) {
	if l := o.BatchLimit; l.Name != "" && l.Hard && min(o.Setup.Batch, w.Items) > l.At {
		return l, true
	}
	return o.First, o.First.Name != "" && w.Items > o.First.At
}

// name names a setup.
func name(s plan.Setup) string {
	if s.Passing == plan.Inline {
		return "inline"
	}
	children := map[plan.Children]string{plan.Standard: "Standard", plan.Express: "Express"}[s.Children]
	if s.Batch == 1 && s.Passing == plan.ByValue {
		return "one item, " + children
	}
	passing := map[plan.Passing]string{plan.ByValue: "by value", plan.ByReference: "by reference"}[s.Passing]
	return fmt.Sprintf("%s, %s, %s", passing, children, number.Thousands(s.Batch))
}

// mill is a tenth of a cent, in dollars: options that differ by less cost the same.
const mill = 0.001

// compareOptions sorts by cost, then by time, then by the exact cost. Standard children
// come before Express children, which may run twice, and items by value before items by
// reference, which no console shows.
func compareOptions(a, b Option) int {
	return cmp.Or(
		cmp.Compare(int64(a.Total().Dollars()/mill), int64(b.Total().Dollars()/mill)),
		-cmp.Compare(a.Setup.Children, b.Setup.Children),
		-cmp.Compare(a.Setup.Passing, b.Setup.Passing),
		cmp.Compare(a.magnitude(), b.magnitude()),
		a.Total().Cmp(b.Total()),
		cmp.Compare(a.Setup.Batch, b.Setup.Batch),
	)
}

// magnitude is equal for options that take about as long: within a fourth, or less than
// a second.
func (o *Option) magnitude() int { return int(math.Log(max(o.Took.Seconds, 1)) / math.Log(1.25)) }

// kind is how an option passes items, and to which children.
type kind struct {
	passing  plan.Passing
	children plan.Children
}

func (o Option) kind() kind { return kind{o.Setup.Passing, o.Setup.Children} }

// MarkBest marks the best option of each kind.
func MarkBest(options []Option) {
	best := map[kind]int{}
	for i, o := range options {
		options[i].Best = false
		if b, ok := best[o.kind()]; o.Feasible && (!ok || compareOptions(o, options[b]) < 0) {
			best[o.kind()] = i
		}
	}
	for _, i := range best {
		options[i].Best = true
	}
}

// NoneError is returned if no option can do a workload.
type NoneError struct {
	Nearest Option
	Within  bool // there is a deadline
	late    bool // the nearest is kept out by the deadline alone
}

// Error says what keeps the nearest option out.
func (e *NoneError) Error() string {
	what := "no option can do the workload"
	if e.Within {
		what += " in the time of --within"
	}
	text := fmt.Sprintf("%s: got %s as the nearest: %s", what, e.Nearest.Name, e.Nearest.Why)
	if binds := e.Nearest.Took.Binds; e.late && binds != "" {
		text += fmt.Sprintf("; %s bounds its time", binds)
	}
	return text
}

// Recommend returns the cheapest option that can do the workload. Of options that cost
// the same to a tenth of a cent, it returns one with Standard children and by value, of
// several the fastest, and of those that take about as long the cheapest.
func Recommend(options []Option, w plan.Workload) (Option, error) {
	var best *Option
	var nearest Option
	var kept bool // out by a limit, so that more time would not help
	for i, o := range options {
		_, limited := o.limited(w)
		switch {
		case o.Feasible && (best == nil || compareOptions(o, *best) < 0):
			best = &options[i]
		case !o.Feasible && (nearest.Name == "" || kept && !limited || kept == limited && o.Took.Seconds < nearest.Took.Seconds):
			nearest, kept = o, limited
		}
	}
	if best == nil {
		return Option{}, &NoneError{Nearest: nearest, Within: w.Within > 0, late: !kept}
	}
	return *best, nil
}
