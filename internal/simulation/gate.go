package simulation

import (
	"cmp"
	"context"
	"strings"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
)

// call is a request of a function to a service.
type call struct {
	name string        // such as s3:PutObject
	what func() string // tells calls of one name apart
}

func (c *call) service() string {
	service, _, _ := strings.Cut(c.name, ":")
	return service
}

// writes reports whether the service keeps something of the call.
func (c *call) writes() bool {
	_, operation, _ := strings.Cut(c.name, ":")
	for _, reading := range []string{"Get", "Head", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet", "Receive"} {
		if strings.HasPrefix(operation, reading) {
			return false
		}
	}
	return true
}

// refusal is an error that a fault puts in place of a service's answer.
type refusal struct {
	code, message string
	status        int
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

// pass makes a call when the scheduler lets it go on, with the faults that strike. A
// call of no invocation is made at once. The error is a [*refusal], errLost or the
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
		return refused(&c, &f)
	case fault.Throttle:
		return throttled(c.service())
	}
	do()
	if c.writes() {
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

// refused returns the error of a call with the name that a fault has.
func refused(c *call, f *fault.Fault) *refusal {
	r := &refusal{code: f.Error, message: cmp.Or(f.Cause, "an injected fault"), status: 400}
	if r.code == "" {
		r.code = "InternalError"
	}
	if strings.HasPrefix(r.code, "Internal") || strings.HasPrefix(r.code, "Service") {
		r.status = 500
	}
	return r
}

// throttled returns the error of a service that gets too many requests.
func throttled(service string) *refusal {
	switch service {
	case "s3":
		return &refusal{"SlowDown", "Please reduce your request rate.", 503}
	case "dynamodb":
		return &refusal{"ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded.", 400}
	case "lambda":
		return &refusal{"TooManyRequestsException", "Rate Exceeded.", 429}
	case "sns":
		return &refusal{"Throttling", "Rate exceeded", 400}
	}
	return &refusal{"ThrottlingException", "Rate exceeded", 400}
}
