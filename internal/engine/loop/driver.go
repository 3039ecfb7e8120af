package loop

import "slices"

// Driver decides what a driven loop does next. Its methods are called on the
// goroutine of the loop.
type Driver interface {
	// Go runs the work of a Block call on a goroutine of its own.
	Go(work func())
	// Settle returns when no goroutine except that of the loop can run.
	Settle()
	// Choose returns the position of the Block call whose step runs next. The
	// calls that have returned are given by their numbers, which count from 1 in
	// the order of the calls. The position is -1 if none of them goes on; acted is
	// true then if something else does, such as a request.
	Choose(returned []int64) (at int, acted bool)
	// Wake receives when something outside of the loop may go on.
	Wake() <-chan struct{}
	// Busy reports whether something outside of the loop goes on by itself, when
	// time has passed. Then the loop is not blocked.
	Busy() bool
}

// NewDriven creates a loop in real time that does one thing after the other:
// when no step is ready, it waits until everything else has come to rest, and
// its driver chooses what goes on. What other goroutines have posted is taken
// then, too. In a bubble of package testing/synctest, whose time is the loop's,
// a run repeats exactly.
func NewDriven(d Driver) *Loop {
	l := New()
	l.driver = d
	return l
}

// Driven reports whether a driver decides what the loop does.
func (l *Loop) Driven() bool { return l.driver != nil }

// drive lets one thing go on. It reports false if there is nothing before time
// passes.
func (l *Loop) drive() bool {
	l.driver.Settle()
	if l.takePosted() {
		return true
	}
	l.offered = l.offered[:0]
	for call := range l.returned {
		l.offered = append(l.offered, call)
	}
	slices.Sort(l.offered)
	at, acted := l.driver.Choose(l.offered)
	if at < 0 {
		return acted
	}
	call := l.offered[at]
	l.finish(call, l.returned[call])
	return true
}

// stuck reports whether a driven loop has nothing to wait for.
func (l *Loop) stuck() bool {
	return l.driver != nil && l.timers.Len() == 0 && l.blocking == 0 && !l.driver.Busy()
}
