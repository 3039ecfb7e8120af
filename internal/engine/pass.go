package engine

import "github.com/mapjob/mapjob/internal/engine/event"

// passState is a Pass state: its result is Result, or what Parameters makes of
// the input, or the input. A Result of null counts as none, as on AWS.
type passState struct{}

var passEvents = stateEvents{entered: event.PassStateEntered, exited: event.PassStateExited, aborted: event.PassStateAborted}

func (passState) events() *stateEvents { return &passEvents }

func (passState) start(v *visit) {
	if v.state.Pass.Result != nil {
		v.complete(v.state.Pass.Result)
		return
	}
	result, err := v.parameters()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	// In JSONata a Pass state has no $states.result.
	v.leave(result, v.state.ResultPath != nil)
}
