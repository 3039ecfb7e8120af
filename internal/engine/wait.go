package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
)

// waitState is a Wait state: it waits for a duration or until a time.
type waitState struct{}

var waitEvents = stateEvents{entered: event.WaitStateEntered, exited: event.WaitStateExited, aborted: event.WaitStateAborted}

func (waitState) events() *stateEvents { return &waitEvents }

func (k waitState) start(v *visit) {
	delay, err := k.delay(v)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.pauseFor(delay, v.passOn)
}

func (waitState) delay(v *visit) (time.Duration, error) {
	w := v.state.Wait
	if w.Seconds != nil {
		return w.Seconds.WaitSeconds(v.scope())
	}
	until, err := w.Timestamp.WaitTimestamp(v.scope())
	return until.Sub(v.run.loop.Now()), err
}
