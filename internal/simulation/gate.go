package simulation

import (
	"context"
	"strings"
)

// call is a request of a function to a service.
type call struct {
	name string        // such as s3:PutObject
	what func() string // tells calls of one name apart
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

// pass makes a call when the scheduler lets it go on. A call of no invocation is made
// at once.
func (s *Simulation) pass(ctx context.Context, c call, do func() error) error {
	v := invocationOf(ctx)
	if v == nil {
		return do()
	}
	if err := s.scheduler.park(v.ctx, key{caller: v.number, call: c.name, what: c.what}); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := do()
	if c.writes() {
		v.writes++
	}
	return err
}
