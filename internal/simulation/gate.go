package simulation

import (
	"context"

	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/simulation/wire"
)

// pass is the [wire.Pass] of all clients: it makes a call when the scheduler lets it go
// on, with the faults that strike. A call of no invocation is made at once.
func (s *Simulation) pass(ctx context.Context, call string, what func() string, do func()) error {
	v := invocationOf(ctx)
	if v == nil {
		do()
		return nil
	}
	if err := s.scheduler.Park(v.ctx, schedule.Key{Caller: v.number, Call: call, What: what}); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var f fault.Fault
	if s.matters(fault.Request) {
		site := v.site(fault.Request)
		site.Call = call
		f, _ = s.visit(site)
	}
	switch f.Fault {
	case fault.Error:
		return wire.Refusal{Refusal: awscall.Failed(call, f.Error, f.Cause)}
	case fault.Throttle:
		return wire.Refusal{Refusal: awscall.Throttled(call)}
	}
	do()
	if s.matters(fault.Write) && awscall.Writes(call) {
		s.wrote(v)
	}
	switch f.Fault {
	case fault.Slow:
		if err := fault.Sleep(ctx, f.Delay); err != nil {
			return err
		}
		if err := s.scheduler.Park(v.ctx, schedule.Key{Caller: v.number, Call: call, What: what}); err != nil {
			return err
		}
	case fault.Lost:
		return errLost
	}
	return context.Cause(v.ctx) // a crash is after the write
}

// wrote counts a write of an invocation.
func (s *Simulation) wrote(v *invocation) {
	v.writes++ // nothing else goes on
	site := v.site(fault.Write)
	site.Write = v.writes
	if _, struck := s.visit(site); struck {
		v.crash()
	}
}
