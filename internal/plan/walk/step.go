package walk

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
)

// Events that a state writes to the history if nothing fails.
const (
	enteredAndExited = 2
	eventsOfFail     = 1 // it is entered
	eventsOfTask     = 5 // scheduled, started and succeeded as well
	eventsOfParallel = 4 // started and succeeded as well
	eventsOfMap      = 4 // the same
	eventsOfMapRun   = 2 // started and succeeded
	eventsOfEachItem = 2 // of each iteration of an Inline Map: the same
)

func (w *walker) steps(path []*asl.State) []plan.Step {
	list := make([]plan.Step, 0, len(path))
	for i, s := range path {
		step := plan.Step{State: s.Name, Type: string(s.Type), Entries: 1, Events: enteredAndExited}
		switch {
		case s.Type == asl.FailState:
			step.Events = eventsOfFail
		case s.Task != nil:
			w.task(s, &step)
		case s.Wait != nil:
			w.wait(s, &step)
		case s.Parallel != nil:
			step.Events = eventsOfParallel
			slow := 0 // branches
			for _, branch := range s.Parallel.Branches {
				steps := w.steps(w.path(branch.Start))
				if slices.ContainsFunc(steps, takesTime) {
					slow++
				}
				step.Inner = append(step.Inner, steps...)
			}
			if slow > 1 {
				w.uncounted(s, "its branches run at once, and their times are added up")
			}
			step.Caught = w.caught(s)
		case s.Map != nil:
			w.mapState(s, &step)
		}
		if slices.ContainsFunc(step.Inner, failsFlow) && (s.Parallel == nil || len(s.Parallel.Branches) > 1) {
			w.uncounted(s, "what follows if the worker fails for good in it is not counted")
		}
		if back := leadsBack(path, i); back != nil {
			w.uncounted(s, "may lead back to %s: the loop is counted once", back.Name)
		}
		list = append(list, step)
	}
	return list
}

func (w *walker) task(s *asl.State, step *plan.Step) {
	step.Events = eventsOfTask
	r := s.Task.Resource
	if r.Pattern != services.RequestResponse {
		step.Events++ // submitted
	}
	call := &plan.Call{Service: r.Service, Submitted: r.Pattern != services.RequestResponse}
	for _, retrier := range s.Retry {
		call.Retry = append(call.Retry, plan.Retrier{Errors: retrier.ErrorEquals, Interval: seconds(retrier.IntervalSeconds), MaxAttempts: int(retrier.MaxAttempts),
			Backoff: retrier.BackoffRate, MaxDelay: seconds(retrier.MaxDelaySeconds), Jitter: retrier.FullJitter})
	}
	step.Call = call
	if invokes(r) {
		call.Role = w.roleOf(s)
		w.shape.Calls[s.Name] = call.Role
	}
	switch {
	case call.Role != "" && !slices.Contains(roles, call.Role):
		w.uncounted(s, "how long its function takes, and what that costs, is not counted")
	case r.Pattern != services.RequestResponse && call.Role != plan.Worker:
		w.uncounted(s, "how long %s takes, and what it costs, is not counted", r.ARN)
	case call.Role == "" && r.Service != "dynamodb":
		w.uncounted(s, "what %s costs is not counted", r.ARN)
	}
	call.Caught = w.caught(s)
}

// caught returns the path after a Catch of a crash.
func (w *walker) caught(s *asl.State) []plan.Step {
	if w.afterCatch { // nothing fails twice in a plan
		return nil
	}
	for _, c := range s.Catch {
		if plan.Matches(c.ErrorEquals, plan.Crash) {
			w.afterCatch = true
			defer func() { w.afterCatch = false }()
			return w.steps(w.path(c.Next))
		}
	}
	return nil
}

// takesTime reports whether a step is a call, a Map, or waits, or has one that does.
func takesTime(step plan.Step) bool {
	return step.Call != nil || step.Wait > 0 || step.Type == string(asl.MapState) || slices.ContainsFunc(step.Inner, takesTime)
}

// failsFlow reports whether a step is a call of the worker that no Catch follows, or has
// one.
func failsFlow(step plan.Step) bool {
	return step.Call != nil && step.Call.Role == plan.Worker && len(step.Call.Caught) == 0 || slices.ContainsFunc(step.Inner, failsFlow)
}

// roles are those of which the plan knows how long their functions take.
var roles = []plan.Role{plan.Worker, plan.JobStart, plan.Chunker, plan.Summary}

// leadsBack returns the state on a path before its i-th, or that itself, which may follow
// the i-th; nil if there is none.
func leadsBack(path []*asl.State, i int) *asl.State {
	ways := []*asl.State{path[i].Next}
	if path[i].Choice != nil {
		ways = waysOf(path[i])
	}
	for _, way := range ways {
		if at := slices.Index(path[:i+1], way); at >= 0 {
			return path[at]
		}
	}
	return nil
}

// invokes reports whether a Task invokes a Lambda function.
func invokes(r services.Resource) bool {
	return r.Service == "function" || r.Action == "invoke" && (r.Service == "lambda" || r.Service == "aws-sdk:lambda")
}

// roleOf returns the role of the function that a Task invokes: of one that has none in
// the job, its name.
func (w *walker) roleOf(s *asl.State) plan.Role {
	name := w.functionOf(s)
	role, known := w.facts.Roles[name]
	switch {
	case known:
		return role
	case s == w.worker:
		return plan.Worker
	case s.Name == protocol.StateJobStart && w.readsSource(s):
		return plan.Chunker
	case s.Name == protocol.StateJobStart:
		return plan.JobStart
	case s.Name == protocol.StateSummary:
		return plan.Summary
	}
	return plan.Role(name)
}

// readsSource reports whether a job start's task asks for chunks of a source, as
// mapjob's own function makes them.
func (w *walker) readsSource(s *asl.State) bool {
	return member(member(member(w.evaluate(s.Parameters), "Payload"), "input"), "format") != nil
}

// functionOf returns the text that names the function of a Task, or the Task's name.
func (w *walker) functionOf(s *asl.State) string {
	if s.Task.Resource.Service == "function" {
		return s.Task.Resource.ARN
	}
	if name, ok := member(w.evaluate(s.Parameters), "FunctionName").(string); ok {
		return name
	}
	return s.Name
}

func (w *walker) wait(s *asl.State, step *plan.Step) {
	if d := s.Wait.Seconds; d != nil && !d.Computed() {
		if n, ok := expression.WholeNumber(d.Literal); ok {
			step.Wait = seconds(n)
			return
		}
	}
	w.uncounted(s, "how long it waits is known only when it runs")
}

func (w *walker) mapState(s *asl.State, step *plan.Step) {
	step.Events = eventsOfMap
	if s.Map.Processor.Distributed {
		step.Events += eventsOfMapRun
	}
	if s == w.main {
		w.shape.Child = w.steps(w.path(s.Map.Processor.Start))
		return
	}
	each := w.steps(w.path(s.Map.Processor.Start))
	if w.takesBatchApart(s) {
		w.shape.PerItem = each
		return
	}
	if s.Map.Processor.Distributed {
		w.uncounted(s, "its child executions are not counted: the plan is for those of %s", w.main.Name)
		return
	}
	n := 1
	if list, ok := w.evaluate(s.Map.Items).([]any); ok {
		n = len(list)
	} else {
		w.uncounted(s, "how many items it has is known only when it runs: one is counted")
	}
	step.Inner = slices.Repeat(each, n)
	if n > 1 && slices.ContainsFunc(each, takesTime) {
		w.uncounted(s, "its iterations run at once, and their times are added up")
	}
	step.Events += n * eventsOfEachItem
}

// takesBatchApart reports whether a state is the Map of a child execution over the
// items of its batch.
func (w *walker) takesBatchApart(s *asl.State) bool {
	return w.main.Map.ItemBatcher != nil && len(w.shape.PerItem) == 0 && !s.Map.Processor.Distributed &&
		slices.Contains(w.path(w.main.Map.Processor.Start), s) && w.takesItems(s.Map)
}

// takesItems reports whether a Map's items are those of a batch. Two stand for them.
func (w *walker) takesItems(m *asl.Map) bool {
	scope := w.scope()
	batch := []any{value.NewObject("a", nil), value.NewObject("b", nil)}
	scope.Input = value.NewObject("Items", batch, "BatchInput", value.NewObject())
	var list any
	var err error
	switch {
	case m.Items != nil:
		list, err = m.Items.Evaluate(scope)
	case m.ItemsPath != nil:
		list, err = m.ItemsPath.Get(scope)
	}
	return err == nil && value.Equal(list, batch)
}

// evaluate returns what a template makes of what is known, nil if it needs more.
func (w *walker) evaluate(t *expression.Template) any {
	if t == nil {
		return nil
	}
	v, err := t.Evaluate(w.scope())
	if err != nil {
		return nil
	}
	return v
}

// scope has what is known while the Map is evaluated.
func (w *walker) scope() *expression.Scope {
	address := value.NewObject("bucket", "", "key", "", "prefix", "")
	known := value.NewObject("jobRerun", nil, "input", value.NewObject(), "items", address, "results", address) // of a job that is no rerun
	for name, v := range w.facts.Variables {
		known.Set(name, v)
	}
	var variables *expression.Variables
	return &expression.Scope{Input: value.NewObject(), Variables: variables.With(known), Context: expression.ContextFunc(w.context), Random: rand.New(rand.NewPCG(0, 0)), MaxSteps: maxSteps}
}

// maxSteps bounds an expression.
const maxSteps = 100_000

// context is as long as the context object of an execution.
func (w *walker) context() *value.Object {
	machine, name := w.facts.StateMachine, w.facts.Execution
	if machine == "" {
		machine = strings.Repeat("m", lengthOfStateMachine)
	}
	if name == "" {
		name = strings.Repeat("e", lengthOfExecution)
	}
	const prefix = "arn:aws:states:us-east-1:123456789012:"
	began := time.Date(2000, 1, 1, 0, 0, 0, 123e6, time.UTC).Format("2006-01-02T15:04:05.000Z")
	return value.NewObject(
		"Execution", value.NewObject("Id", prefix+"execution:"+machine+":"+name, "Input", value.NewObject(), "Name", name, "StartTime", began),
		"StateMachine", value.NewObject("Id", prefix+"stateMachine:"+machine, "Name", machine),
		"State", value.NewObject("EnteredTime", began, "RetryCount", value.Number("0")),
		"Task", value.NewObject("Token", "token"),
		"Map", value.NewObject("Item", value.NewObject("Index", value.Number("0"), "Value", value.NewObject())),
	)
}

// Lengths of names that CloudFormation gives a state machine ("InvoicingStateMachine",
// eight hexadecimal digits and twelve letters, after a dash) and Step Functions an
// execution (a UUID).
const (
	lengthOfStateMachine = 42
	lengthOfExecution    = 36
)

// member returns a member of an object, nil if there is none.
func member(v any, name string) any {
	object, ok := v.(*value.Object)
	if !ok {
		return nil
	}
	x, _ := object.Get(name)
	return x
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
