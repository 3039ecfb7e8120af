//go:build linux || darwin

package lambdahost

import (
	"testing"
	"time"
)

// testPool is the pool of a function whose processes are never launched.
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

func TestAnInvocationThatGivesUpPassesItsProcessOn(t *testing.T) {
	l := testPool(t)
	p := l.testProcess(finishing)
	first, second := l.join(&invocation{}), l.join(&invocation{})
	if _, allowed := l.asked(p, nil); !allowed || p.state != busy || p.current != first.inv {
		t.Fatalf("the process that asked is in state %d, expected that it belongs to the first in the queue", p.state)
	}
	if err := l.giveUp(first, ErrClosed); err != ErrClosed {
		t.Errorf("got %v, expected the reason", err)
	}
	if got := l.leave(second); got != p || p.current != second.inv {
		t.Errorf("got %p, expected that the second has process %p now", got, p)
	}
	l.release(p)
	if len(l.idle) != 1 || p.state != idle || p.current != nil {
		t.Errorf("the process is in state %d, expected idle", p.state)
	}
}

func TestWaitersDoNotCountOnAProcessThatIsGone(t *testing.T) {
	l := testPool(t)
	p, q := l.testProcess(finishing), l.testProcess(finishing)
	first, second, third := l.join(&invocation{}), l.join(&invocation{}), l.join(&invocation{})
	if !first.settling || !second.settling || third.settling {
		t.Fatal("expected as many waiters that count on a finishing process as there are such processes")
	}
	l.remove(p)
	if !first.settling || second.settling {
		t.Error("expected that the last one to come gave up hope")
	}
	select {
	case <-second.hopeless:
	default:
		t.Error("expected that it was told")
	}
	// A waiter that counts on nothing, but came earlier, is first in the queue.
	l.waiters[0], l.waiters[2] = l.waiters[2], l.waiters[0]
	l.asked(q, nil)
	if got := l.leave(third); got != q {
		t.Errorf("got %p, expected process %p", got, q)
	}
	if first.settling || l.settling != 0 || l.finishing != 0 {
		t.Errorf("%d waiters count on %d finishing processes", l.settling, l.finishing)
	}
}

func TestOnlyAnIdleProcessIsEvicted(t *testing.T) {
	l := testPool(t)
	old, young, working := l.testProcess(idle), l.testProcess(idle), l.testProcess(busy)
	old.idleSince, young.idleSince = time.Unix(1, 0), time.Unix(2, 0)
	if got, since := l.leastRecentlyUsed(); got != old || since != old.idleSince {
		t.Errorf("got %p, expected the one that waited longest, %p", got, old)
	}
	if !l.evict(old) || l.evict(old) || l.evict(working) {
		t.Error("expected that an idle process can be evicted, once")
	}
	if got := l.takeIdle(&invocation{}); got != young {
		t.Errorf("got %p, expected the one that is left, %p", got, young)
	}
}

func TestAProcessThatHangsUpIsNotIdle(t *testing.T) {
	l := testPool(t)
	p, c := l.testProcess(finishing), &runtimeConn{}
	l.asked(p, c)
	l.hungUp(p, &runtimeConn{}) // another connection of it
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

func TestIdentities(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := newRequestID()
		if len(id) != 36 || id[14] != '4' || seen[id] {
			t.Fatalf("got %q, expected a fresh UUID of version 4", id)
		}
		seen[id] = true
	}
	for _, n := range []int{0, 1, 8, 12, 16} {
		if got := randomHex(n); len(got) != 2*n {
			t.Errorf("got %q, expected %d bytes", got, n)
		}
	}
}
