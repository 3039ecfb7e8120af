package sfntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation"
	"github.com/mapjob/mapjob/sfntest/internal/handlers"
	"github.com/mapjob/mapjob/sfntest/internal/history"
	"github.com/mapjob/mapjob/sfntest/internal/jobfunctions"
)

// World is a stack that runs in virtual time. Its methods are for the goroutine of
// the test.
type World struct {
	t          reporter
	stack      *Stack
	simulation *simulation.Simulation
	session    *engine.Session
	record     history.Record
	tasks      []*handlers.Task
	executions map[string]*Execution // by ARN
	answered   map[*engine.Callback]bool
	started    int
	stopped    func() bool // nil, or whether the run of a sweep need not go on
	running    atomic.Bool
}

// reporter is what a World needs of a test.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

// New deploys a stack in a bubble of package testing/synctest:
//
//	synctest.Test(t, func(t *testing.T) {
//		w := sfntest.New(t, stack, sfntest.HandleFunc("Charge", charge))
//		…
//	})
//
// It fails the test if a function that a state machine can reach has no handler, or
// if there is no function of a name: the error lists those that are there. Functions
// that a job of constructs/mapjob brings along need no handler. When the test ends,
// everything that still runs is stopped, and a fault of [Inject] that never struck
// fails the test.
func New(t *testing.T, s *Stack, options ...Option) *World {
	t.Helper()
	if !inBubble() {
		t.Fatal("sfntest.New: got a test outside of a bubble, expected synctest.Test(t, func(t *testing.T) { w := sfntest.New(t, …) … })")
	}
	w := &World{t: t}
	if err := w.deploy(s, options); err != nil {
		t.Fatalf("sfntest.New: %v", err)
	}
	t.Cleanup(func() {
		for _, f := range w.unreached() {
			t.Errorf("Inject: got the fault %s, which never struck, expected one whose place is reached: change where it strikes, or run further", f)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// unreached returns the faults that never struck. One after a numbered write or event
// may come after the last one, as in a test that goes through all of them.
func (w *World) unreached() []fault.Fault {
	return slices.DeleteFunc(w.simulation.Unreached(), func(f fault.Fault) bool {
		_, write := f.Write()
		_, event := f.Event()
		return write || event
	})
}

// grace is how long tasks may go on after their contexts have ended.
const grace = time.Hour

// close stops what still runs. The error names what does not end: the bubble panics
// then.
func (w *World) close() error {
	errs := []error{w.simulation.Close()}
	if slices.ContainsFunc(w.tasks, (*handlers.Task).Running) {
		time.Sleep(grace)
	}
	for _, t := range w.tasks {
		if t.Running() {
			errs = append(errs, fmt.Errorf("%s: still runs after its context has ended, expected it to return", t))
		}
	}
	return errors.Join(errs...)
}

// inBubble reports whether the caller runs in a bubble.
func inBubble() (in bool) {
	defer func() { in = recover() == nil }()
	synctest.Wait()
	return true
}

func (w *World) deploy(s *Stack, options []Option) error {
	settings := &settings{stack: s, handlers: map[string]lambda.Handler{}, tasks: map[string]*handlers.Task{}}
	var errs []error
	for _, o := range options {
		errs = append(errs, o.set(settings))
	}
	jobfunctions.Add(s.parsed, settings.handlers)
	w.stack, w.executions, w.answered = s, map[string]*Execution{}, map[*engine.Callback]bool{}
	o := simulation.Options{
		Stack: s.parsed, Handlers: settings.handlers, Tasks: map[string]engine.Integration{}, Seed: settings.seed,
		Plan: &fault.Plan{Faults: settings.faults}, Sites: settings.sites, Observe: w.record.Add, Maps: &w.record, Struck: w.record.Struck,
	}
	for name, task := range settings.tasks {
		o.Tasks[name] = task
		w.tasks = append(w.tasks, task)
	}
	if err := errors.Join(errs...); err != nil {
		return errors.Join(err, simulation.Missing(&o))
	}
	if !settings.start.IsZero() {
		time.Sleep(time.Until(settings.start))
	}
	var err error
	w.simulation, err = simulation.New(o)
	if err != nil {
		return err
	}
	w.session = w.simulation.Session()
	return nil
}

// Start starts an execution. The machine is the path of its construct or its
// logical ID, "" for the only one. The input is encoded as JSON; a
// json.RawMessage is taken as it is. Nothing runs before RunUntilBlocked, Advance
// or RunToEnd.
func (w *World) Start(machine string, input any) *Execution {
	w.t.Helper()
	w.started++
	return w.StartNamed(machine, fmt.Sprintf("execution-%d", w.started), input)
}

// StartNamed is Start with the name of the execution.
func (w *World) StartNamed(machine, name string, input any) *Execution {
	w.t.Helper()
	m, err := w.stack.parsed.FindMachine(machine)
	if err == nil && !time.Now().Before(lastStart()) {
		err = fmt.Errorf("got an execution after %s, expected one before: it may take a year", lastStart().Format(time.RFC3339))
	}
	if err != nil {
		w.t.Fatalf("Start: %v", err)
	}
	text, err := encoded(input)
	if err != nil {
		w.t.Fatalf("Start: encoding the input: %v", err)
	}
	arn, err := w.session.Start(m.ARN, name, text)
	if err != nil {
		w.t.Fatalf("Start: %v", err)
	}
	return w.execution(arn)
}

// encoded returns a value as JSON. Package encoding/json makes text in base64 of bytes,
// which no test means.
func encoded(v any) ([]byte, error) {
	if _, bytes := v.([]byte); bytes {
		return nil, errors.New("got a []byte, expected a json.RawMessage of it, or a value to encode as JSON")
	}
	return json.Marshal(v)
}

func (w *World) execution(arn string) *Execution {
	x := w.executions[arn]
	if x == nil {
		x = &Execution{world: w, arn: arn}
		w.executions[arn] = x
	}
	return x
}

// RunUntilBlocked runs everything that can run without time passing.
func (w *World) RunUntilBlocked() {
	w.t.Helper()
	w.run("RunUntilBlocked", time.Now())
}

// Advance lets time pass: it runs everything that happens until then.
func (w *World) Advance(d time.Duration) {
	w.t.Helper()
	until := time.Now().Add(d)
	if last := lastStart().AddDate(1, 0, 0); d < 0 || until.After(last) {
		w.t.Fatalf("Advance: got %s at %s, expected a duration that is not negative, and a time before %s", d, time.Now().UTC().Format(time.RFC3339), last.Format(time.RFC3339))
	}
	w.run("Advance", until)
}

// lastStart is when the last execution may start. The clock of a bubble counts
// nanoseconds, and ends in 2262.
func lastStart() time.Time { return time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC) }

func (w *World) run(method string, until time.Time) {
	w.t.Helper()
	defer w.alone(method)()
	w.session.Run(until)
	w.record.Flush()
	w.stopIfOver()
}

// alone fails the test if the World runs already, as it does while handlers work.
func (w *World) alone(method string) (done func()) {
	w.t.Helper()
	if !w.running.CompareAndSwap(false, true) {
		w.t.Fatalf("%s: got a call while the World runs, as of a handler, expected calls by the goroutine of the test", method)
	}
	return func() { w.running.Store(false) }
}

func (w *World) stopIfOver() {
	if w.stopped != nil && w.stopped() {
		panic(stopRun{})
	}
}

// Executions lists the executions, those that tasks started included, without
// children of Map Runs.
func (w *World) Executions() []*Execution {
	arns := w.session.ARNs()
	list := make([]*Execution, len(arns))
	for i, arn := range arns {
		list[i] = w.execution(arn)
	}
	return list
}

// Config returns a configuration for clients of the AWS SDK, in handlers and in
// the test. They reach the services of this World, without a network.
func (w *World) Config() aws.Config { return w.simulation.Config() }

// Name returns the name, or for a queue the URL and for a topic the ARN, that the
// stack's template has for a resource: the path of its construct or its logical ID.
func (w *World) Name(resource string) string {
	w.t.Helper()
	name, err := w.stack.parsed.Reference(resource)
	if err != nil {
		w.t.Fatalf("Name: %v", err)
	}
	return name
}

// Message is what was sent to a topic, an event bus or a queue.
type Message struct {
	To         string // ARN of a topic, URL of a queue or name of an event bus, as World.Name has them
	Body       string
	Attributes map[string]string
}

// Messages returns what was sent to topics, event buses, and queues without a
// consumer, in order.
func (w *World) Messages() []Message {
	var list []Message
	for _, m := range w.simulation.Messages() {
		list = append(list, Message{m.To, m.Body, maps.Clone(m.Attributes)})
	}
	return list
}
