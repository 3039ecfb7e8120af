package simulate

// Kinds of events, in the lowest bits of what an event is about.
const (
	began    = iota // a child may start
	ready           // a child's states have been entered, and it has nothing to call
	invoking        // a call reaches Lambda
	over            // an invocation, or a wait, is over
	retrying        // the delay before a retry is over

	kindBits = 3
)

// child is a child execution that runs, or an iteration of an Inline Map.
type child struct {
	first, items int32
	stage        int32 // of the program
	next         int32 // items of the stage that have begun
	pending      int32 // calls that are under way
	failed       bool
}

// call is a call of a child or of an item, with its retries.
type call struct {
	child        uint32
	first, items int32
	step         int32    // of the stage
	used         [2]int32 // retries after throttles, and after crashes
	crashed      int32    // attempts
	left         float64  // share of the work that is not done yet
	worked       int64    // nanoseconds of the invocation that is under way
	crashes      bool     // it will
}

// start starts children while there are batches and room.
func (s *simulation) start() {
	for !s.stopped && s.running < s.program.most {
		first, items := s.packing.take()
		if items == 0 {
			return
		}
		s.running++
		s.result.Children++
		s.result.MostRunning = max(s.result.MostRunning, s.running)
		id := s.children.add(child{first: int32(first), items: int32(items), stage: -1})
		s.schedule(s.starts.take(s.now, 1), id, began)
	}
}

// begin enters the states of a child. All of them take their tokens here: what a
// child needs later is there by then.
func (s *simulation) begin(id uint32) {
	c := s.children.at(id)
	entries := s.program.started
	s.events += s.program.events + s.program.itemEvents*int64(c.items)
	if s.program.standard {
		entries += s.program.entries + s.program.itemEntries*int64(c.items)
	}
	s.advance(id, s.enter(entries))
}

// enter counts transitions, and returns when their tokens are there.
func (s *simulation) enter(entries int64) int64 {
	s.entries += entries
	return s.transitions.take(s.now, entries)
}

// advance begins the next stage of a child at a time, or ends the child.
func (s *simulation) advance(id uint32, at int64) {
	c := s.children.at(id)
	c.stage++
	c.next = 0
	if int(c.stage) == len(s.program.stages) {
		if at > s.now {
			s.schedule(at, id, ready)
			return
		}
		s.succeed(id)
		return
	}
	stage := &s.program.stages[c.stage]
	if !stage.eachItem {
		s.open(id, c.items, at)
		return
	}
	for range min(c.items, atOnce) {
		s.open(id, 1, at)
	}
}

// open begins the calls for the next items of a child.
func (s *simulation) open(id uint32, items int32, at int64) {
	c := s.children.at(id)
	first := c.first + c.next
	c.next += items
	c.pending++
	s.schedule(at, s.calls.add(call{child: id, first: first, items: items, left: 1}), invoking)
}

// invoke sends a call to its function.
func (s *simulation) invoke(id uint32) {
	c := s.calls.at(id)
	step := s.step(c)
	if step.function == nil {
		c.crashes, c.worked = false, step.wait
		s.schedule(s.now+step.wait, id, over)
		return
	}
	starts, ok := step.function.invoke(s.now)
	if !ok {
		s.result.Throttled++
		s.retry(id, step.throttled, 0)
		return
	}
	var work int64
	if step.worker {
		work = int64(float64(s.work(int(c.items))) * c.left)
	}
	c.crashes = false
	if step.worker && s.o.Workload.Crashed > 0 {
		if fate := s.o.Workload.Fate(int(c.first), int(c.crashed)); fate.Crashed {
			c.crashes = true
			work = int64(float64(work) * fate.Share)
			if stored, _ := s.o.Setup.Stored(float64(work)/1e9, c.crashed > 0); stored > 0 {
				c.left *= 1 - stored*fate.Share*1e9/float64(work)
			}
		}
	}
	c.worked = work
	s.schedule(s.now+starts+work, id, over)
}

// answer takes the end of an invocation.
func (s *simulation) answer(id uint32) {
	c := s.calls.at(id)
	step := s.step(c)
	if step.function != nil {
		step.function.release(c.worked)
	}
	if c.crashes {
		c.crashed++
		s.retry(id, step.crashed, 1)
		return
	}
	s.done(id)
}

// retry tries a call again after a delay, if the retrier has a retry left.
func (s *simulation) retry(id uint32, r *retrier, why int) {
	c := s.calls.at(id)
	if r == nil || s.children.at(c.child).failed {
		s.fail(id)
		return
	}
	if r.shared {
		why = 0
	}
	if int(c.used[why]) >= r.attempts {
		s.fail(id)
		return
	}
	delay := r.delay(int(c.used[why]), s.random)
	c.used[why]++
	s.result.Retried++
	s.delayed += delay
	s.schedule(s.now+delay, id, retrying)
}

// again begins another attempt.
func (s *simulation) again(id uint32) {
	at := s.now
	if s.program.standard {
		at = s.enter(1)
	}
	s.events += retryEvents
	s.schedule(at, id, invoking)
}

// step returns the step of a call.
func (s *simulation) step(c *call) *step {
	return &s.program.stages[s.children.at(c.child).stage].steps[c.step]
}

// fail ends a call that has no retry left: a Catch goes on, or the child fails.
func (s *simulation) fail(id uint32) {
	call := s.calls.at(id)
	c := s.children.at(call.child)
	step := s.step(call)
	switch {
	case c.failed:
	case step.caught:
		s.replace(step, step.caughtEntries, step.caughtEvents)
		call.step = int32(len(s.program.stages[c.stage].steps)) - 1
	default:
		s.replace(step, 0, -1) // the state has no exit
		c.failed = true
		s.result.FailedChildren++
		s.failedItems += int(c.items)
		s.leave()
	}
	s.done(id)
}

// replace counts a failure's entries and events in place of those after a success.
func (s *simulation) replace(step *step, entries, events int64) {
	if s.program.standard {
		s.entries += entries - step.restEntries
	}
	s.events += events + step.failedEvents - step.restEvents
}

// done goes on after a call: with the next one of its item, the next item, or the
// next stage.
func (s *simulation) done(id uint32) {
	call := s.calls.at(id)
	child := call.child
	c := s.children.at(child)
	stage := &s.program.stages[c.stage]
	if call.step++; int(call.step) < len(stage.steps) && !c.failed {
		call.used, call.crashed, call.left = [2]int32{}, 0, 1
		s.schedule(s.now, id, invoking)
		return
	}
	s.calls.remove(id)
	c.pending--
	switch {
	case c.failed && c.pending == 0:
		s.children.remove(child)
	case c.failed:
	case stage.eachItem && c.next < c.items:
		s.open(child, 1, s.now)
	case c.pending == 0:
		s.advance(child, s.now)
	}
}

// succeed ends a child that has done everything.
func (s *simulation) succeed(id uint32) {
	s.children.remove(id)
	s.leave()
}

// leave makes room for the next child.
func (s *simulation) leave() {
	s.running--
	s.last = s.now
	s.progress()
	if s.program.tolerance.exceeded(s.failedItems, s.o.Workload.Items) {
		s.stopped = true // Standard children that run are aborted, Express children finish
		s.aborted = s.program.standard
		return
	}
	s.start()
}
