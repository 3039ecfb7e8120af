package lambdahost

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost/memory"
)

const (
	// memoryInterval is the time between two measurements of a process that works.
	memoryInterval = 10 * time.Millisecond
	// childrenEvery is how many intervals pass between two looks for its children.
	childrenEvery = 10
	// memoryRest is how many intervals without an invocation pass before the
	// measurements stop.
	memoryRest = 100
)

// memoryWatch kills processes that use more memory than their function has. The
// kernel could do that itself, but only for a user who may create cgroups, and its
// limits of a process (setrlimit(2)) count what a process reserves, of which a Go
// function needs much more than it uses.
//
// One goroutine measures the processes that have work. An invocation does not measure
// anything, so what is used and given back within memoryInterval is not seen.
type memoryWatch struct {
	host   *Host
	wake   chan struct{}
	asleep atomic.Bool
}

func newMemoryWatch(h *Host) *memoryWatch {
	return &memoryWatch{host: h, wake: make(chan struct{}, 1)}
}

// rouse starts the measurements again if they have stopped.
func (w *memoryWatch) rouse() {
	if w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// run measures until the host closes.
func (w *memoryWatch) run() {
	ticker := time.NewTicker(memoryInterval)
	defer ticker.Stop()
	var working []*process
	for round, idle := 0, 0; ; round++ {
		select {
		case <-ticker.C:
		case <-w.host.closing:
			return
		}
		if w.host.inFlight.Load() > 0 {
			idle = 0
		} else if idle++; idle > memoryRest {
			ticker.Stop()
			w.asleep.Store(true)
			// An invocation that came before the Store does not wake this goroutine.
			if w.host.inFlight.Load() == 0 || !w.asleep.CompareAndSwap(true, false) {
				select {
				case <-w.wake:
				case <-w.host.closing:
					return
				}
			}
			ticker.Reset(memoryInterval)
			idle = 0
		}
		working = w.host.working(working[:0])
		for _, p := range working {
			p.measure(round%childrenEvery == 0)
		}
	}
}

// working adds the processes that have work to a list.
func (h *Host) working(list []*process) []*process {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, fn := range h.functions {
		list = fn.pool.working(list)
	}
	return list
}

// working adds the processes that have work, or start, to a list.
func (l *pool) working(list []*process) []*process {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.processes {
		if p.gauge != nil && (p.state == starting || p.state == busy || p.state == finishing) {
			list = append(list, p)
		}
	}
	return list
}

// measure records how much memory the processes use now.
func (l *pool) measure() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.processes {
		p.maxMemoryUsed()
	}
}

// measure kills the process if it uses more memory than its function has. An estimate
// that is too high is confirmed first. Only the goroutine of memoryWatch calls it.
func (p *process) measure(withChildren bool) {
	limit := int64(p.fn.MemoryMB) * memory.MB
	used, err := p.gauge.Estimate()
	if err != nil {
		return // it has ended
	}
	p.usedMemory(used)
	if used > limit && (withChildren || !p.memoryDoubted) {
		if used, err = p.gauge.Exact(); err == nil && used > limit {
			p.killForMemory(used)
			return
		}
		p.memoryDoubted = true // it is confirmed less often from now on
	}
	if !withChildren {
		return
	}
	// A child that has just started may still be a copy of its parent.
	known := p.children
	p.children = p.gauge.Descendants()
	stayed := slices.DeleteFunc(slices.Clone(p.children), func(pid int) bool { return !slices.Contains(known, pid) })
	if len(stayed) == 0 || p.gauge.EstimateWith(stayed) <= limit {
		return
	}
	if used, err := p.gauge.ExactWith(stayed); err == nil && used > limit {
		p.killForMemory(used)
	}
}

// usedMemory records how much memory the process has used.
func (p *process) usedMemory(used int64) {
	p.mostMemory.raise(used)
	p.fn.counters.mostMemory.raise(used)
}

func (p *process) killForMemory(used int64) {
	p.usedMemory(used)
	p.outOfMemory.Store(true)
	p.kill()
}

// maxMemoryUsed returns the most memory that the process was seen to use, as in
// Lambda's reports: in megabytes, at most the size of the function. It returns 0 if
// this system does not say.
func (p *process) maxMemoryUsed() int {
	if p.gauge == nil {
		return 0
	}
	if used, err := p.gauge.Estimate(); err == nil {
		p.usedMemory(used)
	}
	return min(p.fn.MemoryMB, int((p.mostMemory.Load()+memory.MB-1)/memory.MB))
}

// reportMemory writes to the function's log why its process was killed.
func (p *process) reportMemory(requestID string) {
	line := fmt.Sprintf("RequestId: %s Error: %s: got %d MB of memory in use, expected at most the MemorySize of %d MB: "+
		"raise MemorySize, or let the function use less\n",
		requestID, outOfMemory, p.mostMemory.Load()/memory.MB, p.fn.MemoryMB)
	p.host.logs.writeOf(p.fn.Name, requestID, []byte(line))
}
