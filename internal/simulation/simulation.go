// Package simulation runs the state machines of a stack in a bubble of package
// testing/synctest, with Go functions in place of Lambda functions and AWS services
// in memory.
//
// One thing moves at a time. Each call of a task and each request of a function to
// AWS waits until the scheduler lets it go on, and the scheduler does that when
// nothing else can run. A seed decides which one goes on, so that a run repeats.
package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/goroutine"
	"github.com/mapjob/mapjob/internal/integration"
	background "github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
	"github.com/mapjob/mapjob/internal/memory/s3"
	"github.com/mapjob/mapjob/internal/memory/secrets"
	"github.com/mapjob/mapjob/internal/memory/sfn"
	"github.com/mapjob/mapjob/internal/memory/topics"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/simulation/wire"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/standin"
)

// Options say what a simulation runs, and how.
type Options struct {
	Stack *deployment.Stack
	// Handlers answer the invocations of functions, by physical name or ARN.
	Handlers map[string]lambda.Handler
	// Tasks answer tasks in place of AWS services: those of a state by its name or
	// path, or all of a resource.
	Tasks map[string]engine.Integration
	// Seed chooses in which order things go on that could at the same time, and the
	// random numbers of the definitions. With 0 they go on in the order in which they
	// came.
	Seed uint64
	// Plan has the faults; nil for none. Sites, if it is set, records where faults
	// could strike.
	Plan  *fault.Plan
	Sites *fault.Sites
	// Observe, if it is set, is called after every event, on the goroutine that runs
	// the session. It may keep the event.
	Observe func(*event.Event)
	// Maps, if it is set, follows Map Runs.
	Maps engine.MapObserver
	// Struck, if it is set, is called when a fault strikes.
	Struck func(fault.Site, fault.Fault)
}

// Simulation is a stack that runs. Apart from what handlers call, its methods are for
// the goroutine that runs its session.
type Simulation struct {
	options   Options
	stack     *deployment.Stack
	handlers  map[*deployment.Function]lambda.Handler
	scheduler *schedule.Scheduler
	session   *engine.Session
	config    aws.Config
	clients   context.Context // has those of handlers
	retryer   *retry.Standard
	injector  *fault.Injector
	strikes   map[fault.Moment]bool // whether a fault of the plan may strike at a moment

	objects    *s3.Store
	database   *dynamodb.Database
	queues     *sqs.Service
	invoker    *background.Invoker // for queues and events
	polled     []string            // queues
	sent       int                 // messages to queues
	topics     *topics.Store
	secrets    *secrets.Store
	executions *sfn.Service
	events     atomic.Int64          // under way
	services   *integration.Services // for tasks

	mutex       sync.Mutex
	invocations int64
	inFlight    []*invocation

	timers []*time.Timer // of what is done later
	free   []event.Event // for the next events
}

// New starts the services of a stack. It must be called in a bubble of package
// testing/synctest.
func New(o Options) (*Simulation, error) {
	if err := Missing(&o); err != nil {
		return nil, err
	}
	goroutine.Grow() // for the session
	s := &Simulation{options: o, stack: o.Stack, handlers: handlers(&o), retryer: wire.Retryer()}
	s.scheduler = schedule.New(o.Seed, s.busy)
	if err := s.readPlan(); err != nil {
		return nil, err
	}
	if err := s.startServices(); err != nil {
		return nil, err
	}
	e, err := engine.New(nil, s.engineOptions()...)
	if err != nil {
		return nil, err
	}
	s.session = e.Open(context.Background())
	s.executions.Open(s.session)
	return s, nil
}

func (s *Simulation) engineOptions() []engine.Option {
	options := []engine.Option{engine.WithClock(engine.DrivenClock(s.scheduler)), engine.WithSeed(s.options.Seed)}
	var store objects.Store = s.objects
	if s.strikes[fault.Request] {
		store = mapObjects{store, s}
	}
	observers := engine.MapObservers{s.executions}
	if s.options.Sites != nil || s.strikes[fault.Results] {
		results := s.redrivenResults(store)
		store, observers = results, append(observers, results.Observer())
	}
	options = append(options, engine.WithObjects(store))
	if s.options.Maps != nil {
		observers = append(observers, s.options.Maps)
	}
	options = append(options, engine.WithHistory(s.observe), engine.WithMapObserver(observers))
	for _, m := range s.stack.Machines {
		options = append(options, engine.WithStateMachine(m.ARN, m.Definition, m.Type))
	}
	return append(options, engine.WithTasks(s.tasks()))
}

// Session returns the executions.
func (s *Simulation) Session() *engine.Session { return s.session }

// Config returns a configuration of clients that reach the services of the
// simulation.
func (s *Simulation) Config() aws.Config { return s.config.Copy() }

// Messages returns what was sent to topics, event buses, and queues that no function
// of the stack gets messages from, in order.
func (s *Simulation) Messages() []topics.Message { return s.topics.Messages() }

// Choices returns a hash of what the scheduler has chosen: two runs with the same
// hash went on in the same order.
func (s *Simulation) Choices() uint64 { return s.scheduler.Choices() }

// Unreached returns the faults that have not struck so far.
func (s *Simulation) Unreached() []fault.Fault { return s.injector.Unreached() }

// InFlight lists the invocations whose handlers have not returned, the oldest first.
func (s *Simulation) InFlight() []Invocation {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	list := make([]Invocation, len(s.inFlight))
	for i, v := range s.inFlight {
		list[i] = v.Invocation
	}
	return list
}

// busy reports whether something goes on without a task that waits for it: an
// invocation, an event or a message for a function.
func (s *Simulation) busy() bool {
	if s.events.Load() > 0 || s.hasMessages() {
		return true
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.ContainsFunc(s.inFlight, func(v *invocation) bool { return !v.hasEnded() })
}

// contextOf returns the context in which a handler finds clients and random numbers.
func (s *Simulation) contextOf(v *invocation) context.Context {
	return standin.WithRandom(s.clients, s.options.Seed, v.Function.Name, v.requestID)
}

// grace is how long handlers may take to return after their contexts have ended, in
// virtual time.
const grace = time.Hour

// Close stops all executions and invocations. The error names the functions whose
// handlers do not return.
func (s *Simulation) Close() error {
	defer s.scheduler.Close()
	for _, timer := range s.timers {
		timer.Stop()
	}
	s.session.Close()
	s.invoker.Close()
	s.mutex.Lock()
	open := slices.Clone(s.inFlight)
	s.mutex.Unlock()
	for _, v := range open {
		v.fail("Runtime.ExitError", "the test has ended")
	}
	synctest.Wait()
	limit := time.After(grace)
	for _, v := range open {
		select {
		case <-v.returned:
		case <-limit:
			return s.running()
		}
	}
	time.Sleep(grace) // goroutines that handlers have left behind end
	return nil
}

// running returns an error that names the functions that run.
func (s *Simulation) running() error {
	var errs []error
	var named []string
	for _, v := range s.InFlight() {
		if name := v.Function.ID; !slices.Contains(named, name) {
			named = append(named, name)
			errs = append(errs, fmt.Errorf("function %s: still runs after its context has ended, expected it to return", name))
		}
	}
	return errors.Join(errs...)
}
