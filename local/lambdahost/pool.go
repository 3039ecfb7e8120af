package lambdahost

import (
	"context"
	"slices"
	"sync"
	"time"
)

// settleTime is how long an invocation waits for a process that has answered but
// has not asked for its next invocation yet, before it starts another process.
// That gap is microseconds for a function that does nothing after its response;
// without the wait, invocations one after the other would need two processes.
const settleTime = 50 * time.Millisecond

// processState is where a process stands in its life.
type processState uint8

const (
	starting  processState = iota // launched, has not asked for an invocation yet
	idle                          // has asked for an invocation, and none is there
	busy                          // belongs to an invocation
	finishing                     // has answered, and has not asked for the next invocation
	gone                          // exited or about to
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
	waiters   []*waiter // invocations that wait for a finishing process, the oldest first
}

// waiter is an invocation's claim on a process that is about to be idle.
type waiter struct {
	inv     *invocation
	process chan *process // gets one process, or nil if the process that it waited for is gone
}

func (l *pool) init(h *Host, fn *function) {
	l.host, l.fn, l.processes = h, fn, map[*process]struct{}{}
}

func (l *pool) alive() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.processes)
}

// acquire finds a process for an invocation: one that is idle, one that will be
// in a moment, or a new one. If a new one does not come up, early says how the
// invocation ends for it.
func (l *pool) acquire(ctx context.Context, inv *invocation) (p *process, early *outcome, err error) {
	l.mu.Lock()
	if p := l.takeIdle(inv); p != nil {
		l.mu.Unlock()
		return p, nil, nil
	}
	if l.finishing > len(l.waiters) {
		w := &waiter{inv: inv, process: make(chan *process, 1)}
		l.waiters = append(l.waiters, w)
		l.mu.Unlock()
		if p, err := l.settle(ctx, w); p != nil || err != nil {
			return p, nil, err
		}
		l.mu.Lock()
		if p := l.takeIdle(inv); p != nil {
			l.mu.Unlock()
			return p, nil, nil
		}
	}
	if l.closed {
		l.mu.Unlock()
		return nil, nil, ErrClosed
	}
	if limit := l.fn.Concurrency; limit > 0 && len(l.processes) >= limit {
		l.mu.Unlock()
		return nil, nil, throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
	}
	p = newProcess(l.host, l.fn)
	p.current = inv
	l.processes[p] = struct{}{}
	l.mu.Unlock()

	inv.cold = true
	return p.comeUp(ctx, inv)
}

// takeIdle gives the most recently used idle process to the invocation. Callers hold mu.
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

// settle waits for a finishing process. It returns neither process nor error if
// none came in time.
func (l *pool) settle(ctx context.Context, w *waiter) (*process, error) {
	timer := time.NewTimer(settleTime)
	defer timer.Stop()
	var err error
	select {
	case p := <-w.process:
		return p, nil
	case <-timer.C:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-l.host.closing:
		err = ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiters, w); i >= 0 {
		l.waiters = slices.Delete(l.waiters, i, i+1)
		return nil, err
	}
	p := <-w.process // it was handed over in this very moment
	if p != nil && err != nil {
		l.release(p)
		return nil, err
	}
	return p, nil
}

// release makes a process available. Callers hold mu.
func (l *pool) release(p *process) {
	p.current = nil
	if p.state == gone {
		return
	}
	if len(l.waiters) > 0 {
		w := l.waiters[0]
		l.waiters = slices.Delete(l.waiters, 0, 1)
		p.state, p.current = busy, w.inv
		w.process <- p
		return
	}
	p.state, p.idleSince = idle, time.Now()
	l.idle = append(l.idle, p)
}

// asked notes that a process asked for an invocation on a connection. It reports
// false if the process has no right to one, because it has not answered the last
// one yet. If an invocation waits for nothing but this, it is returned.
func (l *pool) asked(p *process, c *runtimeConn) (undelivered *invocation, allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch p.state {
	case starting:
		p.asker = c
		p.initTimer.Stop()
		p.initTime = time.Since(p.startedAt)
		p.state = busy // it belongs to the invocation that it was started for
		close(p.ready)
		if p.current == nil { // whose caller has gone
			l.release(p)
		}
		return nil, true
	case finishing:
		p.asker = c
		l.finishing--
		l.release(p)
		return nil, true
	case idle: // it asked before, on another connection
		p.asker = c
		return nil, true
	case busy:
		if inv := p.undelivered; inv != nil {
			p.undelivered = nil
			return inv, true
		}
		if p.current != nil && p.current.startedAt.IsZero() { // asked before, and nothing was sent yet
			p.asker = c
			return nil, true
		}
	}
	return nil, false
}

// hungUp notes that a connection has ended. A process that had asked on it has to
// ask again before it can get an invocation.
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

// answered takes the invocation off a process, and reports false if the process
// does not have it, or has it no more.
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

// remove takes a process out that has exited or must not be used any more.
func (l *pool) remove(p *process) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retire(p)
	delete(l.processes, p)
}

// retire makes sure that no invocation gets the process. Callers hold mu.
func (l *pool) retire(p *process) {
	switch p.state {
	case finishing:
		l.finishing--
		if last := len(l.waiters) - 1; last >= l.finishing && last >= 0 {
			w := l.waiters[last]
			l.waiters = l.waiters[:last]
			w.process <- nil
		}
	case idle:
		if i := slices.Index(l.idle, p); i >= 0 {
			l.idle = slices.Delete(l.idle, i, i+1)
		}
	}
	p.state = gone
}

// leastRecentlyUsed is the idle process that has waited longest, or nil.
func (l *pool) leastRecentlyUsed() (p *process, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.idle) == 0 {
		return nil, time.Time{}
	}
	return l.idle[0], l.idle[0].idleSince
}

// evict kills a process if it is still idle, and reports whether it was.
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

// close kills all processes and lets no further one start.
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
