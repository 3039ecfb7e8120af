package simulation

import (
	"context"

	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
)

// call is a request of a function to a service.
type call struct {
	name string        // such as s3:PutObject
	what func() string // tells calls of one name apart
}

// refusal is the error of a call that a fault refuses in place of the service.
type refusal struct{ awscall.Refusal }

func (r refusal) Error() string { return r.Code + ": " + r.Message }

// pass makes a call when the scheduler lets it go on, with the faults that strike. A
// call of no invocation is made at once. The error is a [refusal], errLost or the
// cause of a context's end; what the service refuses is an answer.
func (s *Simulation) pass(ctx context.Context, c call, do func()) error {
	v := invocationOf(ctx)
	if v == nil {
		do()
		return nil
	}
	if err := s.scheduler.Park(v.ctx, schedule.Key{Caller: v.number, Call: c.name, What: c.what}); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	site := v.site(fault.Request)
	site.Call = c.name
	f, _ := s.come(site)
	switch f.Fault {
	case fault.Error:
		return refusal{awscall.Failed(c.name, f.Error, f.Cause)}
	case fault.Throttle:
		return refusal{awscall.Throttled(c.name)}
	}
	do()
	if awscall.Writes(c.name) {
		s.wrote(v)
	}
	switch f.Fault {
	case fault.Slow:
		if err := sleep(ctx, f.Delay); err != nil {
			return err
		}
		if err := s.scheduler.Park(v.ctx, schedule.Key{Caller: v.number, Call: c.name, What: c.what}); err != nil {
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
	if _, struck := s.come(site); struck {
		v.crash()
	}
}
