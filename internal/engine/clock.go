package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/engine/loop"
)

// Clock is how time passes in a run. The zero Clock is real time.
type Clock struct {
	start   time.Time
	virtual bool
}

// VirtualClock returns a clock that starts at a time, and jumps to the next
// timer whenever nothing can run and no call is under way. Waits take no time
// and end in the order in which they would in real time.
func VirtualClock(start time.Time) Clock { return Clock{start, true} }

func (c Clock) loop() *loop.Loop {
	if c.virtual {
		return loop.NewVirtual(c.start)
	}
	return loop.New()
}
