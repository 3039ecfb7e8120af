package lambdahost

import (
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/lambdahost/memory"
)

// Stats holds the counts of a function since it was added.
type Stats struct {
	Invocations int // invocations that reached the function, including retries of events
	Errors      int // invocations that ended with a FunctionError
	Timeouts    int // errors that are timeouts
	Throttles   int // invocations refused because the concurrency was used up
	Started     int // processes started
	Alive       int // processes running now
	MostMemory  int // megabytes that a process was seen to use at most; 0 if it is not known
}

// Stats returns the counts of a function, or zeros if the host does not have it.
func (h *Host) Stats(function string) Stats {
	name, _, err := parseName(function)
	if err != nil {
		return Stats{}
	}
	h.mu.RLock()
	fn := h.functions[name]
	h.mu.RUnlock()
	if fn == nil {
		return Stats{}
	}
	fn.pool.measure()
	return fn.counters.snapshot(fn.pool.alive())
}

// counters holds the counts of Stats that only grow.
type counters struct {
	invocations, errors, timeouts, throttles, started atomic.Int64
	mostMemory                                        most // bytes of a process
}

func (c *counters) snapshot(alive int) Stats {
	return Stats{
		Invocations: int(c.invocations.Load()),
		Errors:      int(c.errors.Load()),
		Timeouts:    int(c.timeouts.Load()),
		Throttles:   int(c.throttles.Load()),
		Started:     int(c.started.Load()),
		Alive:       alive,
		MostMemory:  int((c.mostMemory.Load() + memory.MB - 1) / memory.MB),
	}
}

// most is the largest number that it was raised to.
type most struct{ atomic.Int64 }

func (m *most) raise(to int64) {
	for {
		now := m.Load()
		if to <= now || m.CompareAndSwap(now, to) {
			return
		}
	}
}
