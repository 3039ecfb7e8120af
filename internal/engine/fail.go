package engine

import (
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/expression"
)

// failState is a Fail state: it ends the thread with its Error and Cause. It has
// no exit event.
type failState struct{}

var failEvents = stateEvents{entered: event.FailStateEntered}

func (failState) events() *stateEvents { return &failEvents }

func (k failState) start(v *visit) {
	name, err := k.text(v, v.state.Fail.Error)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	cause, err := k.text(v, v.state.Fail.Cause)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.die(&failure{name: name, cause: cause})
}

func (failState) text(v *visit, d *expression.Dynamic) (string, error) {
	if d == nil {
		return "", nil
	}
	return d.Text(v.scope())
}
