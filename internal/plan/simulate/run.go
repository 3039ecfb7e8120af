// Package simulate runs a job event by event at full scale: the children of its Map,
// their calls, Lambda's environments, and the buckets of the quotas, in virtual time.
//
// It knows a shape and a workload, and neither a definition nor an item's data, so
// that ten million children take seconds, and memory only for those that run.
package simulate

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// Options are what is simulated.
type Options struct {
	Workload plan.Workload
	Setup    plan.Setup
	Shape    plan.Shape
	Book     *price.Book
	// Seed draws what the workload does not decide: jitter, and durations.
	Seed uint64
	// Progress, if it is set, is called every 100,000 children with the items that
	// have begun.
	Progress func(items, of int)
}

// Result is what happened.
type Result struct {
	// Seconds are those of the execution. What is before and after the Map takes as
	// long as planned.
	Seconds        float64
	Children       int
	MostRunning    int // children at once
	Environments   int // of the worker
	Throttled      int // requests that Lambda refused
	Retried        int
	FailedChildren int
	// Counts has what the simulation counts: children, transitions, events, Express
	// requests, and the requests and GB-seconds of functions.
	Counts plan.Counts
	// Waited are the seconds that all children together waited, by what they waited
	// for.
	Waited map[string]float64
	Events int64 // of the simulation

	course course
}

// simulation is a Map that runs.
type simulation struct {
	o           Options
	random      *rand.Rand
	program     program
	functions   map[plan.Role]*function
	lambda      *lambda
	packing     packing
	starts      bucket
	transitions bucket

	now      int64
	queue    heap
	children slots[child]
	calls    slots[call]
	lanes    []int64

	running     int
	finished    int
	failedItems int
	last        int64 // when the last child has ended
	stopped     bool  // no child starts any more
	aborted     bool  // and those that run end at once

	entries, events int64
	delayed         int64 // nanoseconds before retries
	result          Result
}

// Run runs the job to its end, or until ctx ends.
func Run(ctx context.Context, o Options) (Result, error) {
	s := newSimulation(o)
	s.start()
	for n := 0; !s.aborted; n++ {
		if n&(1<<16-1) == 0 && ctx.Err() != nil {
			return Result{}, context.Cause(ctx)
		}
		e, ok := s.queue.take()
		if !ok {
			break
		}
		s.now = e.at
		s.result.Events++
		s.happen(e.what>>kindBits, e.what&(1<<kindBits-1))
	}
	return s.end(), nil
}

// end returns the result.
func (s *simulation) end() Result {
	o, r := &s.o, &s.result
	took := plan.Duration(o.Workload, o.Setup, o.Shape, o.Book)
	r.Seconds = took.Before + float64(s.last)/1e9 + took.After
	r.Waited = map[string]float64{
		"child starts": float64(s.starts.waited) / 1e9, "transitions": float64(s.transitions.waited) / 1e9, "retries": float64(s.delayed) / 1e9,
	}
	entries, events := total(o.Shape.Parent)
	c := plan.Counts{
		Children: r.Children, Transitions: float64(s.entries + entries), Events: float64(s.events + events + 2),
		LambdaRequests: map[plan.Role]float64{}, LambdaGBSeconds: map[plan.Role]price.Quantity{},
	}
	if !o.Shape.Map.Distributed {
		r.Children, c.Children = 0, 0
	}
	if o.Shape.Map.Express {
		c.ExpressRequests = float64(r.Children)
	}
	for role, f := range s.functions {
		c.LambdaRequests[role] = float64(f.requests)
		c.LambdaGBSeconds[role] = price.Ratio(f.milliseconds*int64(o.Setup.Memory[role]), 1024*1000)
		r.Environments = max(r.Environments, f.environments)
	}
	r.Counts = c
	r.course = course{stopped: s.stopped, concurrency: s.concurrency(), retries: time.Duration(s.delayed), crashes: o.Workload.Crashed > 0}
	if t := o.Workload.Time; t.Deviation() > 0 {
		r.course.longest = t.At(1)
	}
	return *r
}

// concurrency returns how many environments the worker may have.
func (s *simulation) concurrency() int {
	if n := s.o.Setup.Reserved; n > 0 {
		return n
	}
	return s.lambda.concurrency
}

// progress reports that one more child has ended.
func (s *simulation) progress() {
	const every = 100_000
	if s.finished++; s.o.Progress != nil && s.finished%every == 0 {
		s.o.Progress(s.packing.next, s.o.Workload.Items)
	}
}

func newSimulation(o Options) *simulation {
	if !o.Workload.Seeded {
		o.Workload.Seed = o.Seed
	}
	s := &simulation{o: o, random: rand.New(rand.NewPCG(o.Seed, 1))}
	concurrency := quota(o.Book, "lambda.concurrency").Value
	perEnvironment := quota(o.Book, "lambda.requests-per-environment").Value
	l := &lambda{concurrency: int(concurrency), requests: newBucket(concurrency*perEnvironment, concurrency*perEnvironment)}
	b := builder{o, l, map[plan.Role]*function{}}
	s.program, s.lambda = b.program(), l
	s.functions = b.functions
	s.packing = newPacking(&o)
	if m := o.Shape.Map; m.Distributed {
		name := "states.starts.standard"
		if m.Express {
			name = "states.starts.express"
		}
		starts := quota(o.Book, name)
		s.starts = newBucket(starts.Value, starts.Burst)
	}
	transitions := quota(o.Book, "states.transitions")
	s.transitions = newBucket(transitions.Value, transitions.Burst)
	return s
}

func (s *simulation) schedule(at int64, id uint32, kind uint32) {
	s.queue.add(at, id<<kindBits|kind)
}

// happen carries out an event.
func (s *simulation) happen(id, kind uint32) {
	switch kind {
	case began:
		s.begin(id)
	case ready:
		s.succeed(id)
	case invoking:
		s.invoke(id)
	case over:
		s.answer(id)
	case retrying:
		s.again(id)
	}
}
