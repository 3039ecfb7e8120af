//go:build linux || darwin

package lambdahost

import (
	"errors"
	"testing"
	"time"
)

// testPool returns the pool of a function whose processes are never started.
func testPool(t *testing.T) *pool {
	t.Helper()
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	fn, err := newFunction(h, Function{Name: "worker", Command: []string{"/nowhere"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return &fn.pool
}

func (l *pool) testProcess(state processState) *process {
	p := newProcess(l.host, l.fn)
	p.state = state
	l.processes[p] = struct{}{}
	switch state {
	case idle:
		l.idle = append(l.idle, p)
	case finishing:
		l.finishing++
	}
	return p
}

func TestGiveUpReleasesTheProcess(t *testing.T) {
	t.Parallel()
	l := testPool(t)
	p := l.testProcess(finishing)
	first, second := l.join(&invocation{}), l.join(&invocation{})
	if _, allowed := l.asked(p, nil); !allowed || p.state != busy || p.current != first.inv {
		t.Fatalf("got state %d, expected the process to be busy with the first invocation in the queue", p.state)
	}
	if err := l.giveUp(first, ErrClosed); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, expected ErrClosed", err)
	}
	if got := l.leave(second); got != p || p.current != second.inv {
		t.Errorf("got %p, expected the second invocation to have process %p", got, p)
	}
	l.release(p)
	if len(l.idle) != 1 || p.state != idle || p.current != nil {
		t.Errorf("got state %d, expected idle", p.state)
	}
}

func TestNewestWaiterStopsSettlingWhenAProcessIsGone(t *testing.T) {
	t.Parallel()
	l := testPool(t)
	p, q := l.testProcess(finishing), l.testProcess(finishing)
	first, second, third := l.join(&invocation{}), l.join(&invocation{}), l.join(&invocation{})
	if !first.settling || !second.settling || third.settling {
		t.Fatal("got another number of settling waiters, expected one for each finishing process")
	}
	l.remove(p)
	if !first.settling || second.settling {
		t.Error("got another settling waiter, expected only the first")
	}
	select {
	case <-second.hopeless:
	default:
		t.Error("got an open channel, expected it to be closed")
	}
	// Put a waiter that is not settling in front of one that is.
	l.waiters[0], l.waiters[2] = l.waiters[2], l.waiters[0]
	l.asked(q, nil)
	if got := l.leave(third); got != q {
		t.Errorf("got %p, expected process %p", got, q)
	}
	if first.settling || l.settling != 0 || l.finishing != 0 {
		t.Errorf("got %d settling waiters and %d finishing processes, expected none", l.settling, l.finishing)
	}
}

func TestOnlyAnIdleProcessIsEvicted(t *testing.T) {
	t.Parallel()
	l := testPool(t)
	old, young, working := l.testProcess(idle), l.testProcess(idle), l.testProcess(busy)
	old.idleSince, young.idleSince = time.Unix(1, 0), time.Unix(2, 0)
	if got, since := l.leastRecentlyUsed(); got != old || since != old.idleSince {
		t.Errorf("got %p, expected the one that was idle longest, %p", got, old)
	}
	if !l.evict(old) || l.evict(old) || l.evict(working) {
		t.Error("got another answer, expected that only an idle process is evicted, once")
	}
	if got := l.takeIdle(&invocation{}); got != young {
		t.Errorf("got %p, expected the remaining one, %p", got, young)
	}
}

func TestProcessThatHangsUpIsNotIdle(t *testing.T) {
	t.Parallel()
	l := testPool(t)
	p, c := l.testProcess(finishing), &runtimeConn{}
	l.asked(p, c)
	l.hungUp(p, &runtimeConn{}) // another connection of the process
	if p.state != idle {
		t.Errorf("got state %d, expected idle", p.state)
	}
	l.hungUp(p, c)
	if p.state != finishing || len(l.idle) != 0 || l.finishing != 1 {
		t.Errorf("got state %d with %d idle, expected finishing", p.state, len(l.idle))
	}
	l.asked(p, c)
	if p.state != idle || l.finishing != 0 {
		t.Errorf("got state %d, expected idle again", p.state)
	}
}

// TestAsManyCallersAsProcessesAreNotThrottled starts them at once. A caller that has
// its answer calls again, while others still wait for a process to start.
func TestAsManyCallersAsProcessesAreNotThrottled(t *testing.T) {
	t.Parallel()
	l := testPool(t)
	l.fn.Concurrency = 2
	p := l.testProcess(finishing)
	w := l.join(&invocation{})
	l.noLongerSettling(w)
	if planned, _, err := l.plan(w); planned == nil || err != nil {
		t.Fatalf("got %v and %v, expected a planned process", planned, err)
	}
	l.asked(p, nil) // the waiter gets it instead
	next := l.join(&invocation{})
	if planned, _, err := l.plan(next); planned == nil || err != nil {
		t.Errorf("got %v and %v, expected a planned process: only one runs", planned, err)
	}
	if n := l.size(); n != 2 {
		t.Errorf("got %d processes, expected 2", n)
	}
}
