package lambdahost

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A process that has answered usually asks for its next invocation within
// microseconds. It takes longer if the machine is busy or the function works on
// after its response. An invocation that comes in between waits for that process;
// otherwise sequential invocations would need two processes.
const (
	// settleTime is the longest wait before another process is started.
	settleTime = 200 * time.Millisecond
	// lastResortSettleTime is the longest wait before the invocation is throttled.
	lastResortSettleTime = time.Second
)

// processState is a phase in the life of a process.
type processState uint8

const (
	planned   processState = iota // counted, but not started
	starting                      // started, but has not asked for an invocation
	idle                          // waits for an invocation
	busy                          // has an invocation
	finishing                     // has answered, but has not asked for the next invocation
	gone                          // has exited or will
)

// pool holds the processes of one function.
type pool struct {
	host *Host
	fn   *function

	mu        sync.Mutex
	closed    bool
	processes map[*process]struct{}
	idle      []*process // the most recently used one is last
	finishing int
	settling  int       // waiters that each wait for a finishing process
	waiters   []*waiter // invocations without a process, oldest first
}

// waiter is an invocation that waits for a process to become idle.
type waiter struct {
	inv     *invocation
	process chan *process // gets the process; buffered

	// Guarded by the pool's mutex.
	settling bool     // waits for a finishing process
	planned  *process // would be started for it

	hopeless chan struct{} // closed when there is no finishing process left for it
}

func (l *pool) init(h *Host, fn *function) {
	l.host, l.fn, l.processes = h, fn, map[*process]struct{}{}
}

// size returns the number of processes, including planned ones.
func (l *pool) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.processes)
}

// full reports whether the function has reached its concurrency. Callers hold mu.
func (l *pool) full() bool {
	return l.fn.Concurrency > 0 && len(l.processes) >= l.fn.Concurrency
}

// alive returns the number of running processes.
func (l *pool) alive() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for p := range l.processes {
		if p.state != planned {
			n++
		}
	}
	return n
}

// acquire returns a process for an invocation: one that is idle, one that becomes
// idle in time, or a new one. If a new one fails to start, early is the outcome of
// the invocation.
func (l *pool) acquire(ctx context.Context, inv *invocation) (p *process, early *outcome, err error) {
	l.mu.Lock()
	if p := l.takeIdle(inv); p != nil {
		l.mu.Unlock()
		return p, nil, nil
	}
	w := l.join(inv)
	settling, patience := w.settling, settleTime
	if l.full() {
		patience = lastResortSettleTime
	}
	l.mu.Unlock()

	if settling {
		if p, err := l.settle(ctx, w, patience); p != nil || err != nil {
			return p, nil, err
		}
	}
	planned, p, err := l.plan(w)
	if planned == nil {
		return p, nil, err
	}
	select {
	case l.host.launches <- struct{}{}:
	case p := <-w.process:
		l.remove(planned)
		return p, nil, nil
	case <-ctx.Done():
		l.remove(planned)
		return nil, nil, l.giveUp(w, context.Cause(ctx))
	case <-l.host.closing:
		l.remove(planned)
		return nil, nil, l.giveUp(w, ErrClosed)
	}
	if p := l.leave(w); p != nil {
		<-l.host.launches
		l.remove(planned)
		return p, nil, nil
	}
	return l.start(ctx, planned, inv)
}

// start starts a planned process for an invocation. Like Lambda, it repeats an
// initialization that fails or takes too long as a part of the invocation, within the
// function's timeout (developer guide, "Understanding the Lambda execution
// environment lifecycle").
func (l *pool) start(ctx context.Context, planned *process, inv *invocation) (*process, *outcome, error) {
	inv.cold = true
	p, early, err := planned.comeUp(ctx, inv, l.host.settings.coldStartTimeout)
	if early == nil || early.notStarted {
		return p, early, err
	}
	l.host.reportInit(inv, early, "init")
	again := l.replace()
	if again == nil {
		return nil, early, nil
	}
	select {
	case l.host.launches <- struct{}{}:
	case <-ctx.Done():
		l.remove(again)
		return nil, nil, context.Cause(ctx)
	case <-l.host.closing:
		l.remove(again)
		return nil, nil, ErrClosed
	}
	p, early, err = again.comeUp(ctx, inv, l.fn.Timeout)
	if early != nil && !early.notStarted {
		l.host.reportInit(inv, early, "invoke")
	}
	inv.spent = inv.initTime
	return p, early, err
}

// replace returns a planned process in place of one that failed to initialize. It
// returns nil if the pool is closed or another invocation has taken the place.
func (l *pool) replace() *process {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.full() {
		return nil
	}
	p := newProcess(l.host, l.fn)
	l.processes[p] = struct{}{}
	return p
}

// takeIdle gives the most recently used idle process to an invocation. Callers hold
// mu.
func (l *pool) takeIdle(inv *invocation) *process {
	n := len(l.idle)
	if n == 0 || l.closed {
		return nil
	}
	p := l.idle[n-1]
	l.idle[n-1] = nil
	l.idle = l.idle[:n-1]
	p.state, p.current = busy, inv
	return p
}

// join puts an invocation into the queue for idle processes. Callers hold mu.
func (l *pool) join(inv *invocation) *waiter {
	w := &waiter{inv: inv, process: make(chan *process, 1)}
	if l.finishing > l.settling {
		l.settling++
		w.settling, w.hopeless = true, make(chan struct{})
	}
	l.waiters = append(l.waiters, w)
	return w
}

// settle waits for a finishing process. It returns neither a process nor an error if
// none comes in time; the waiter is then still in the queue.
func (l *pool) settle(ctx context.Context, w *waiter, patience time.Duration) (*process, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case p := <-w.process:
		return p, nil
	case <-timer.C:
	case <-w.hopeless:
	case <-ctx.Done():
		return nil, l.giveUp(w, context.Cause(ctx))
	case <-l.host.closing:
		return nil, l.giveUp(w, ErrClosed)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noLongerSettling(w)
	return nil, nil
}

// plan adds a planned process for a waiter. It returns that process, or the process
// that the waiter got in the meantime, or the reason why there is none.
func (l *pool) plan(w *waiter) (planned, got *process, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !slices.Contains(l.waiters, w):
		return nil, <-w.process, nil
	case l.closed:
		err = ErrClosed
	case l.full():
		err = throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
	default:
		w.planned = newProcess(l.host, l.fn)
		l.processes[w.planned] = struct{}{}
		return w.planned, nil, nil
	}
	l.dequeue(w)
	return nil, nil, err
}

// leave removes a waiter from the queue. If the waiter already has a process, leave
// returns it.
func (l *pool) leave(w *waiter) *process {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dequeue(w) {
		return nil
	}
	return <-w.process
}

// giveUp removes a waiter from the queue and returns the reason. If the waiter
// already has a process, giveUp releases it.
func (l *pool) giveUp(w *waiter, reason error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.dequeue(w) {
		l.release(<-w.process)
	}
	return reason
}

// dequeue reports whether the waiter was still in the queue. Callers hold mu.
func (l *pool) dequeue(w *waiter) bool {
	i := slices.Index(l.waiters, w)
	if i < 0 {
		return false
	}
	l.waiters = slices.Delete(l.waiters, i, i+1)
	l.noLongerSettling(w)
	return true
}

// noLongerSettling marks that a waiter does not wait for a finishing process any
// more. Callers hold mu.
func (l *pool) noLongerSettling(w *waiter) {
	if w.settling {
		w.settling = false
		l.settling--
	}
}

// release gives a process to the invocation that has waited longest, or makes it
// idle. Callers hold mu.
func (l *pool) release(p *process) {
	p.current = nil
	if p.state == gone {
		return
	}
	if len(l.waiters) > 0 {
		w := l.waiters[0]
		l.dequeue(w)
		// The process that it does not need any more must not count as one of the
		// function's when the next invocation comes.
		delete(l.processes, w.planned)
		p.state, p.current = busy, w.inv
		w.process <- p
		return
	}
	p.state, p.idleSince = idle, time.Now()
	l.idle = append(l.idle, p)
}

// own marks a planned process as starting, for an invocation.
func (l *pool) own(p *process, inv *invocation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.state, p.current = starting, inv
}

// asked records that a process asks for an invocation on a connection. allowed is
// false if the process has not answered the last one yet. If an invocation could
// not be delivered before, it is returned.
func (l *pool) asked(p *process, c *runtimeConn) (undelivered *invocation, allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch p.state {
	case starting:
		p.asker = c
		if p.initTimer != nil {
			p.initTimer.Stop()
		}
		p.initTime = time.Since(p.startedAt)
		p.state = busy // with the invocation that it was started for
		close(p.ready)
		if p.current == nil { // its caller has left
			l.release(p)
		}
		return nil, true
	case finishing:
		p.asker = c
		l.finishing--
		l.release(p)
		l.unsettle()
		return nil, true
	case idle: // it asked before on another connection
		p.asker = c
		return nil, true
	case busy:
		if inv := p.undelivered; inv != nil {
			p.undelivered = nil
			return inv, true
		}
		if p.current != nil && p.current.startedAt.IsZero() { // it asked before, and nothing was sent yet
			p.asker = c
			return nil, true
		}
	}
	return nil, false
}

// hungUp records that a connection has ended. A process that asked on it must ask
// again before it gets an invocation.
func (l *pool) hungUp(p *process, c *runtimeConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.asker != c {
		return
	}
	p.asker = nil
	if p.state == idle {
		l.idle = slices.DeleteFunc(l.idle, func(other *process) bool { return other == p })
		p.state = finishing
		l.finishing++
	}
}

// answered takes the invocation with the given ID from a process. It returns false
// if the process does not have it.
func (l *pool) answered(p *process, requestID string) (*invocation, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	inv := p.current
	if p.state != busy || inv == nil || inv.request.id != requestID || inv.startedAt.IsZero() {
		return nil, false
	}
	p.current = nil
	p.state = finishing
	l.finishing++
	return inv, true
}

// remove removes a process that has exited or never started.
func (l *pool) remove(p *process) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retire(p)
	delete(l.processes, p)
}

// retire makes sure that no invocation gets the process. Callers hold mu.
func (l *pool) retire(p *process) {
	switch p.state {
	case starting:
		if p.initTimer != nil {
			p.initTimer.Stop()
		}
	case finishing:
		l.finishing--
		l.unsettle()
	case idle:
		if i := slices.Index(l.idle, p); i >= 0 {
			l.idle = slices.Delete(l.idle, i, i+1)
		}
	}
	p.state = gone
}

// unsettle stops the newest waiter from waiting for a finishing process if there are
// fewer such processes than waiters. Callers hold mu.
func (l *pool) unsettle() {
	if l.settling <= l.finishing {
		return
	}
	for _, w := range slices.Backward(l.waiters) {
		if w.settling {
			close(w.hopeless)
			l.noLongerSettling(w)
			return
		}
	}
}

// leastRecentlyUsed returns the process that has been idle longest, or nil.
func (l *pool) leastRecentlyUsed() (p *process, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.idle) == 0 {
		return nil, time.Time{}
	}
	return l.idle[0], l.idle[0].idleSince
}

// evict kills a process if it is idle, and reports whether it was.
func (l *pool) evict(p *process) bool {
	l.mu.Lock()
	if p.state != idle {
		l.mu.Unlock()
		return false
	}
	l.retire(p)
	l.mu.Unlock()
	p.kill()
	return true
}

// close kills all processes and prevents new ones.
func (l *pool) close() {
	l.mu.Lock()
	l.closed = true
	doomed := make([]*process, 0, len(l.processes))
	for p := range l.processes {
		doomed = append(doomed, p)
	}
	l.mu.Unlock()
	for _, p := range doomed {
		p.kill()
	}
}
