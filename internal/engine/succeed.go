package engine

import "github.com/mapjob/mapjob/internal/engine/event"

// succeedState is a Succeed state: it ends the thread with its output. It ends
// at once, so that it is never aborted.
type succeedState struct{}

var succeedEvents = stateEvents{entered: event.SucceedStateEntered, exited: event.SucceedStateExited}

func (succeedState) events() *stateEvents { return &succeedEvents }

func (succeedState) start(v *visit) { v.passOn() }
