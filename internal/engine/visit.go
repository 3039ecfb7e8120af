package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// visit is one stay of a thread in a state, from its entry to its exit, with
// all retries.
type visit struct {
	*thread
	state *asl.State
	// input is what came from the state before; effective is what InputPath
	// has left of it.
	input     any
	effective any
	enteredAt time.Time
	enteredID int64
	// attempts is how often each retrier has been used, and retries their sum.
	attempts []int64
	retries  int
	over     bool

	about *value.Object // the context object, nil when it has to be made anew
	work  working       // what is under way
}

// working is what a state has under way when it does not end at once.
type working interface {
	// abort stops it. Nothing of it may come back to the visit afterwards.
	abort(v *visit)
}

// begin enters the state and starts its work.
func (v *visit) begin() {
	if v.over {
		return
	}
	v.enteredAt = v.loop.clock.now()
	if !v.record(stateEvents[v.state.Type].entered, &details{name: v.state.Name, value: v.input, hasValue: true}) {
		return
	}
	v.enteredID = v.last
	v.attempt()
}

// attempt does the state's work, at first and again with each retry.
func (v *visit) attempt() {
	if v.over {
		return
	}
	v.about = nil
	effective, err := v.inputPath()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.effective = effective
	switch v.state.Type {
	case asl.TaskState:
		v.task()
	case asl.PassState:
		v.pass()
	case asl.ChoiceState:
		v.choice()
	case asl.WaitState:
		v.wait()
	case asl.SucceedState:
		v.succeedState()
	case asl.FailState:
		v.failState()
	case asl.ParallelState:
		v.parallel()
	case asl.MapState:
		v.mapState()
	}
}

// exit leaves the state with an output for the next one.
func (v *visit) exit(next *asl.State, output any, assigned *value.Object) {
	if f := v.tooLarge(output); f != nil {
		v.fail(f)
		return
	}
	v.variables = v.variables.With(assigned)
	if !v.record(stateEvents[v.state.Type].exited, &details{name: v.state.Name, value: output, hasValue: true, assigned: assigned}) {
		return
	}
	v.over = true
	if next == nil {
		v.thread.succeed(output)
		return
	}
	v.thread.enter(next, output)
}

// die ends the thread with a failure.
func (v *visit) die(f *failure) {
	v.over = true
	v.thread.fail(f)
}

// abort cuts the visit short.
func (v *visit) abort() {
	if v.over {
		return
	}
	v.over = true
	if v.work != nil {
		v.work.abort(v)
		v.work = nil
	}
}

// scope is what the state's expressions see before it has a result.
func (v *visit) scope() *expression.Scope {
	return &expression.Scope{
		Input: v.effective, Context: v.contextObject, Variables: v.variables,
		Now: v.loop.clock.now(), Random: v.random,
	}
}

// contextObject is what $states.context and "$$" stand for (developer guide,
// "Accessing execution data from the Context object").
func (v *visit) contextObject() *value.Object {
	if v.about != nil {
		return v.about
	}
	state := value.NewObject("EnteredTime", timestamp(v.enteredAt), "Name", v.state.Name)
	if len(v.state.Retry) > 0 || v.state.Type == asl.TaskState {
		state.Set("RetryCount", float64(v.retries))
	}
	v.about = value.NewObject(
		"Execution", v.execution.contextPart(),
		"StateMachine", value.NewObject("Id", v.machineARN, "Name", v.machineName),
		"State", state,
	)
	if v.item != nil {
		v.about.Set("Map", v.item.contextPart())
	}
	if task, ok := v.work.(*task); ok && task.token != "" {
		v.about.Set("Task", value.NewObject("Token", task.token))
	}
	return v.about
}

// stateEvents are the events of entering and leaving, by type of state.
var stateEvents = map[asl.StateType]struct{ entered, exited EventType }{
	asl.TaskState:     {"TaskStateEntered", "TaskStateExited"},
	asl.PassState:     {"PassStateEntered", "PassStateExited"},
	asl.ChoiceState:   {"ChoiceStateEntered", "ChoiceStateExited"},
	asl.WaitState:     {"WaitStateEntered", "WaitStateExited"},
	asl.SucceedState:  {"SucceedStateEntered", "SucceedStateExited"},
	asl.FailState:     {"FailStateEntered", ""},
	asl.ParallelState: {"ParallelStateEntered", "ParallelStateExited"},
	asl.MapState:      {"MapStateEntered", "MapStateExited"},
}
