package definition

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/cli/history"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/mocks"
)

// Run is mapjob asl run.
type Run struct {
	Definition   string            `required:"" help:"State machine definition, JSON, or YAML if its name ends in .yaml or .yml; - is standard input." placeholder:"FILE"`
	Input        string            `help:"Execution input: JSON, or a file of it." default:"{}" placeholder:"FILE or JSON"`
	Mocks        string            `help:"What Task states answer, as a MockConfigFile of Step Functions Local." placeholder:"FILE"`
	TestCase     string            `help:"Test case of the mocks. Default: the only one." placeholder:"NAME"`
	StateMachine string            `help:"State machine of the mocks. Default: the only one." placeholder:"NAME"`
	Nested       map[string]string `help:"Definition of a state machine that states:startExecution may start; may be repeated." placeholder:"ARN=FILE"`
	S3           string            `help:"Objects of Map states: a folder of buckets, FOLDER/BUCKET/KEY." name:"s3" placeholder:"FOLDER"`
	VirtualTime  bool              `help:"Let waits, back-off and timeouts take no time."`
	Seed         *uint64           `help:"Repeat a run exactly: its random numbers, identifiers and, with --virtual-time, when it starts." placeholder:"N"`
	Type         string            `help:"Kind of workflow: ${enum}." enum:"STANDARD,EXPRESS" default:"STANDARD"`
	NoLimits     bool              `help:"Do without the service's limits of size, events and time."`
	History      string            `help:"Write the events of the execution and its children, one a line." placeholder:"FILE"`
	JSON         bool              `help:"Print one JSON document in place of the output."`
}

// Run runs the definition and prints its output.
func (r *Run) Run(ctx context.Context, s *terminal.Streams) (err error) {
	input, err := terminal.ReadInput(r.Input)
	if err != nil {
		return err
	}
	machine, err := r.parse(r.Definition, s)
	if err != nil {
		return err
	}
	options, err := r.options(machine, s)
	if err != nil {
		return err
	}
	if r.History != "" {
		events, failure := history.Create(r.History)
		if failure != nil {
			return fmt.Errorf("--history: %w", failure)
		}
		defer func() { err = errors.Join(err, events.Close()) }()
		options = append(options, engine.WithHistory(events.Add))
	}
	e, err := engine.New(machine, options...)
	if err != nil {
		return waysOut(err)
	}
	x, err := e.Run(ctx, input)
	if err != nil {
		return err
	}
	return r.print(ctx, s, x)
}

func (r *Run) parse(file string, s *terminal.Streams) (*asl.StateMachine, error) {
	var options []asl.Option
	if r.NoLimits {
		options = append(options, asl.WithoutSizeLimits())
	}
	return Parse(file, s.In, options...)
}

// options returns the flags as options of the engine.
func (r *Run) options(machine *asl.StateMachine, s *terminal.Streams) ([]engine.Option, error) {
	kind := engine.Type(r.Type)
	options := []engine.Option{engine.WithType(kind)}
	if r.Seed != nil {
		options = append(options, engine.WithSeed(*r.Seed))
	}
	if r.VirtualTime {
		start := time.Now()
		if r.Seed != nil {
			start = seededStart
		}
		options = append(options, engine.WithClock(engine.VirtualClock(start)))
	}
	if r.NoLimits {
		options = append(options, engine.WithLimits(engine.Limits{}))
	}
	if r.S3 != "" {
		objects, err := openObjectFolder(r.S3)
		if err != nil {
			return nil, fmt.Errorf("--s3: %w", err)
		}
		options = append(options, engine.WithObjects(objects))
	}
	for arn, file := range r.Nested {
		nested, err := r.parse(file, s)
		if err != nil {
			return nil, err
		}
		options = append(options, engine.WithStateMachine(arn, nested, engine.Standard))
	}
	mocked, err := r.mocks(machine)
	return append(options, mocked...), err
}

// seededStart is when a run with --virtual-time and --seed starts.
var seededStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (r *Run) mocks(machine *asl.StateMachine) ([]engine.Option, error) {
	if r.Mocks == "" {
		if r.TestCase != "" || r.StateMachine != "" {
			return nil, errors.New("got --test-case or --state-machine without --mocks, expected the file that they name a part of")
		}
		return nil, nil
	}
	text, err := os.ReadFile(r.Mocks)
	if err != nil {
		return nil, fmt.Errorf("--mocks: %w", err)
	}
	file, err := mocks.Parse(text)
	if err != nil {
		return nil, inFile(r.Mocks, err)
	}
	testCase, err := file.Case(r.StateMachine, r.TestCase, machine)
	if err != nil {
		return nil, inFile(r.Mocks, err)
	}
	return testCase.Options(), nil
}

// inFile puts the name of a file before each line of an error.
func inFile(file string, err error) error {
	return errors.New(file + ": " + strings.ReplaceAll(err.Error(), "\n", "\n"+file+": "))
}

// waysOut adds to each missing thing the flag that gives it.
func waysOut(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var errs []error
	for _, err := range joined.Unwrap() {
		missing, ok := errors.AsType[*engine.MissingError](err)
		switch {
		case ok && missing.Objects:
			err = fmt.Errorf("%w: give a folder of buckets with --s3", err)
		case ok:
			err = fmt.Errorf("%w: mock the state with --mocks", err)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
