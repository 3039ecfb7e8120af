package console

import (
	"context"
	"errors"
	"time"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/console"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/waiting"
)

// source opens the job of a console as the commands do. On this machine each answer opens
// the folders of the runs again, because runs begin and are removed.
type source struct {
	target  *target.Target
	streams *terminal.Streams
	aws     *target.Session // nil on this machine
}

// describedOnAWS is how many executions of a list are described on AWS, where each takes
// one or two requests. The page asks again while it is open.
const describedOnAWS = 20

// Open implements [console.Source].
func (s *source) Open(ctx context.Context) (*console.Jobs, error) {
	if s.aws != nil {
		return &console.Jobs{Service: s.aws.Service, Machines: []string{s.aws.Machine}, Described: describedOnAWS, Command: s.aws.JobCommand, Close: func() error { return nil }}, nil
	}
	session, machines, err := s.target.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	return &console.Jobs{Service: session.Service, Machines: machines, Command: session.JobCommand, Close: session.Close}, nil
}

// longestTrace is how long children of a Map Run are read for a graph, which the page draws
// again while the execution runs. The graph says how many children it has.
const longestTrace = 2 * time.Second

// Execution implements [console.Source].
func (s *source) Execution(ctx context.Context, arn string) (*console.Opened, error) {
	session, end := s.aws, func() error { return nil }
	var x *operate.Execution
	var err error
	if session == nil {
		one := &target.One{Target: target.Target{Local: true}, Execution: arn}
		if session, x, err = one.Find(ctx, false); err != nil {
			return nil, err
		}
		session.AlwaysName()
		end = session.Close
	} else if x, err = session.Describe(ctx, arn); err != nil {
		return nil, err
	}
	return &console.Opened{
		Service: session.Service, Execution: x, Close: end,
		Logs:    func(ctx context.Context) ([]functionlog.Log, error) { return session.Logs(ctx, x, nil) },
		Trace:   func(ctx context.Context) (*operate.Traced, error) { return session.Trace(ctx, x, longestTrace) },
		Waiting: func() (*waiting.Service, error) { return session.Waiting(x) },
		Again:   func(ctx context.Context) []string { return session.Again(ctx, x) },
		Command: func(name string, words ...string) string { return session.Command(name, x, words...) },
		Live: func(ctx context.Context, start bool) (*operate.Service, console.Parts, error) {
			switch {
			case s.aws != nil:
				return session.Service, nil, nil
			case !start:
				live, err := session.Serving(x)
				return live, nil, err
			}
			live, started, err := session.Live(ctx, arn, s.streams)
			if started == nil {
				return live, nil, err
			}
			return live, started, err
		},
	}, nil
}

// checkJob opens the target once, so that a mistake in the flags ends the command. On AWS
// what was opened is used for all answers.
func (s *source) checkJob(ctx context.Context) error {
	if s.target.Local {
		session, _, err := s.target.Jobs(ctx)
		if err != nil {
			return err
		}
		return session.Close()
	}
	session, err := s.target.Open(ctx, "")
	if err == nil && session.Machine == "" {
		err = errors.New("--job: got none, expected the name or the ARN of the job's state machine, or --stack with the name of its stack; --local looks at the runs of this folder")
	}
	s.aws = session
	return err
}
