package engine

import "time"

// clock tells a run the time.
type clock interface {
	now() time.Time
	virtual() bool
	advance(time.Time)
}

// Clock is how time passes in a run: [RealClock] or [VirtualClock].
type Clock struct {
	start   time.Time
	virtual bool
}

// RealClock lets time pass as it does.
func RealClock() Clock { return Clock{} }

// VirtualClock starts at a time and jumps to the next thing that is due
// whenever nothing can run and no call is under way. Waits take no time and
// happen in the order in which they would have.
func VirtualClock(start time.Time) Clock { return Clock{start, true} }

func (c Clock) run() clock {
	if c.virtual {
		return &virtualClock{c.start}
	}
	return realClock{}
}

type realClock struct{}

func (realClock) now() time.Time    { return time.Now() }
func (realClock) virtual() bool     { return false }
func (realClock) advance(time.Time) {}

type virtualClock struct{ time time.Time }

func (c *virtualClock) now() time.Time      { return c.time }
func (c *virtualClock) virtual() bool       { return true }
func (c *virtualClock) advance(t time.Time) { c.time = t }
