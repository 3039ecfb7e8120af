// Package injection makes the real parts of a stack go wrong, as a plan of faults
// says: tasks, functions and their requests, executions, and results of Map Runs.
package injection

import (
	"context"
	"errors"
	"sync"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/loopback"
)

// Options are what an [Injection] works with.
type Options struct {
	Plan *fault.Plan
	// Struck is called when a fault strikes, from the goroutine in which it does.
	Struck func(fault.Strike)
	// Host runs the functions.
	Host *lambdahost.Host
	// Places are those of the stack.
	Places *Places
	// Hold is called when the second invocation of a duplicate begins, and the function
	// that it returns when that has ended.
	Hold func() (end func())
}

// Injection strikes with the faults of a plan. It is safe for concurrent use. Close
// it before its host.
type Injection struct {
	options  Options
	injector *fault.Injector
	requests bool // those of functions may go wrong
	servers  []*loopback.Server

	// What goes on after an invocation, such as its duplicate, ends with ctx.
	ctx     context.Context
	stop    context.CancelFunc
	mu      sync.Mutex // also: nothing is added to running once Close waits for it
	running sync.WaitGroup
	invoked map[string]*invoked // by the trace that the function passes on
}

// New returns an injection that counts from now on.
func New(o Options) *Injection {
	i := &Injection{options: o, injector: o.Plan.Begin(), invoked: map[string]*invoked{}}
	i.requests = o.Plan.Strikes(fault.Request) || o.Plan.Strikes(fault.Write)
	i.ctx, i.stop = context.WithCancel(context.Background())
	return i
}

// Close ends what still goes on.
func (i *Injection) Close() error {
	i.mu.Lock()
	i.stop()
	i.mu.Unlock()
	i.running.Wait()
	var errs []error
	for _, server := range i.servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// settle waits until duplicates of invocations have ended.
func (i *Injection) settle(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.running.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Unreached returns the faults that have not struck so far; nil if i is nil.
func (i *Injection) Unreached() []fault.Fault {
	if i == nil {
		return nil
	}
	return i.injector.Unreached()
}

// at returns what strikes at a site, and reports it.
func (i *Injection) at(site fault.Site) (fault.Strike, bool) {
	strike, ok := i.injector.At(site)
	if ok {
		i.options.Struck(strike)
	}
	return strike, ok
}

// background runs work for which Close and settle wait.
func (i *Injection) background(work func(ctx context.Context)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ctx.Err() != nil {
		return
	}
	end := i.options.Hold()
	i.running.Go(func() {
		defer end()
		work(i.ctx)
	})
}
