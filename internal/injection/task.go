package injection

import (
	"context"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/tasks"
)

// caller is a task that calls something.
type caller struct {
	site  fault.Site  // at which it begins
	fault fault.Fault // that strikes; its kind is "" if none does
}

type callerKey struct{}

// siteOf returns the site of a task.
func (p *Places) siteOf(r *engine.Request) fault.Site {
	site := tasks.Site(r)
	site.Machine = p.machineOf(r.StateMachineARN)
	site.State = p.stateOf(site.Machine, r.StateName)
	if site.Function != "" {
		site.Function = p.functionOf(site.Function)
	}
	return site
}

// task calls what answers a task, or lets it fail. What a fault does to the function
// of a task is up to [Injection.Invoke].
func (i *Injection) task(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
	c := &caller{site: i.options.Places.siteOf(r)}
	strike, _ := i.at(c.site)
	c.fault = strike.Fault
	if err := tasks.Refused(&c.fault, &r.Resource); err != nil {
		return nil, err
	}
	output, err := call(context.WithValue(ctx, callerKey{}, c), r)
	return tasks.Answered(ctx, &c.fault, r, output, err)
}
