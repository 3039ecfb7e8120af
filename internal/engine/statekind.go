package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// stateKind is what one type of state does. It has no fields: what an attempt
// has under way is its work.
type stateKind interface {
	// start begins an attempt. The attempt ends with a call of complete,
	// passOn, exit, fail or die; until then v.work can be aborted.
	start(v *visit)
	// events are those that every state of the type has.
	events() *stateEvents
}

// work is what a visit has under way.
type work interface {
	// abort stops it. Afterwards it must not call the visit.
	abort()
}

// stateEvents are the events of a state's life. An empty one is not recorded.
type stateEvents struct {
	entered event.Type
	exited  event.Type
	// failed comes when no retry is left.
	failed  event.Type
	aborted event.Type
	// failureAborts is set if a state that fails, and with it a branch or an
	// iteration, counts as aborted (recorded).
	failureAborts bool
}

func kindOf(s *asl.State) stateKind {
	switch s.Type {
	case asl.TaskState:
		return taskState{}
	case asl.PassState:
		return passState{}
	case asl.ChoiceState:
		return choiceState{}
	case asl.WaitState:
		return waitState{}
	case asl.SucceedState:
		return succeedState{}
	case asl.FailState:
		return failState{}
	case asl.ParallelState:
		return parallelState{}
	case asl.MapState:
		if s.Map.Processor.Distributed {
			return distributedMapState{}
		}
		return inlineMapState{}
	}
	panic(fmt.Sprintf("state type: got %q, expected one that asl.Parse accepts", s.Type))
}
