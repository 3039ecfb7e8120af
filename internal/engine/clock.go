package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/engine/loop"
)

// Clock is how time passes in a run. The zero Clock is real time.
type Clock struct {
	start   time.Time
	virtual bool
	driver  loop.Driver
}

// VirtualClock returns a clock that starts at a time, and jumps to the next
// timer whenever nothing can run and no call is under way. Waits take no time
// and end in the order in which they would in real time.
func VirtualClock(start time.Time) Clock { return Clock{start: start, virtual: true} }

// DrivenClock returns the clock of a bubble of package testing/synctest. The
// driver decides which of the calls that have returned goes on.
func DrivenClock(driver loop.Driver) Clock { return Clock{driver: driver} }

// shared reports whether runs at the same time have the same time.
func (c Clock) shared() bool { return !c.virtual && c.driver == nil }

// maxSteps returns how many steps an expression may take: about those of the second
// that AWS allows, as a bubble's time does not pass meanwhile. It returns 0 if the
// time passes.
func (c Clock) maxSteps() uint {
	if c.driver == nil {
		return 0
	}
	return 10_000_000
}

func (c Clock) loop() *loop.Loop {
	switch {
	case c.driver != nil:
		return loop.NewDriven(c.driver)
	case c.virtual:
		return loop.NewVirtual(c.start)
	}
	return loop.New()
}
