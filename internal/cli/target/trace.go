package target

import (
	"context"
	"errors"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

// How many children of a Map Run are read for a graph. Each takes a request, and of
// AWS also a tenth of a second.
const (
	tracedOnAWS = 100
	tracedHere  = 2000
)

// Trace returns what happened at the states of an execution: the last one, unless
// another is named.
func (o *One) Trace(ctx context.Context) (x *operate.Execution, traced *operate.Traced, err error) {
	s, x, err := o.Find(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	traced, err = s.Trace(ctx, x, 0)
	return x, traced, err
}

// Trace returns what happened at the states of an execution. After a time, no further child is
// read; 0: any time.
func (s *Session) Trace(ctx context.Context, x *operate.Execution, within time.Duration) (traced *operate.Traced, err error) {
	if !s.target.Local {
		return s.Service.Trace(ctx, x, operate.Children{Most: tracedOnAWS, Within: within})
	}
	stored, err := s.archive.Execution(x.ARN)
	if err != nil {
		return nil, err
	}
	// Other runs may have other definitions of the state machine.
	run, err := archive.Open(stored.Folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	service := operate.Service{API: localClient("http://stepfunctions", sfnapi.New(nil, run)), Region: "local"}
	return service.Trace(ctx, x, operate.Children{Most: tracedHere, Within: within})
}
