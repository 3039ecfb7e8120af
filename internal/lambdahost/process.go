package lambdahost

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost/group"
	"github.com/mapjob/mapjob/internal/lambdahost/linelog"
	"github.com/mapjob/mapjob/internal/lambdahost/memory"
)

// process is a running executable of a function. Lambda calls it an execution
// environment.
type process struct {
	host *Host
	fn   *function

	api       *runtimeAPI
	log       *linelog.Log
	startedAt time.Time
	initLimit time.Duration // the longest time until it asks for an invocation

	ready  chan struct{} // closed when it first asks for an invocation
	exited chan struct{} // closed when it is reaped and out of the pool

	exitErr error // how it ended; valid after exited is closed

	mostMemory    most        // the most bytes that it was seen to use
	outOfMemory   atomic.Bool // it was killed for its memory
	memoryDoubted bool        // an estimate was too high; only memoryWatch uses it
	children      []int       // when they were last measured; only memoryWatch uses it

	// Guarded by the pool's mutex.
	state        processState
	current      *invocation
	asker        *runtimeConn // the connection on which it waits for an invocation, or nil
	undelivered  *invocation  // sent when the process asks again
	idleSince    time.Time
	initTimer    *time.Timer
	initTime     time.Duration
	initError    []byte // the error that it posted to /runtime/init/error
	initTimedOut bool
	gauge        *memory.Gauge // nil if this system does not measure processes

	program struct {
		mu     sync.Mutex
		group  *group.Group // nil before the start
		killed bool         // kill was called
	}
}

func newProcess(h *Host, fn *function) *process {
	return &process{
		host:   h,
		fn:     fn,
		ready:  make(chan struct{}),
		exited: make(chan struct{}),
	}
}

// launchSpacing is how long a starting process counts towards launchesAtOnce. One
// that takes longer probably waits for something and does not need the processor.
const launchSpacing = 50 * time.Millisecond

// launchesAtOnce returns how many processes may start at once. On one machine,
// processes that start together slow each other down; hundreds of them would exceed
// the cold start timeout. An invocation that has to wait for a start takes a process
// that becomes idle before.
func launchesAtOnce() int { return max(8, 4*runtime.NumCPU()) }

// comeUp starts the process and waits until it asks for an invocation, at most for
// the limit. The caller has added an element to the host's launches, which comeUp
// removes.
func (p *process) comeUp(ctx context.Context, inv *invocation, limit time.Duration) (*process, *outcome, error) {
	p.initLimit = limit
	giveUpPlace := sync.OnceFunc(func() { <-p.host.launches })
	defer giveUpPlace()
	p.fn.pool.own(p, inv)
	p.host.makeRoom()
	if err := p.launch(); err != nil {
		p.fn.pool.remove(p)
		if errors.Is(err, ErrClosed) {
			return nil, nil, err
		}
		early := invalidEntrypoint(p.fn, err).outcome(inv.request.id)
		early.notStarted = true
		return nil, &early, nil
	}
	spacing := time.AfterFunc(launchSpacing, giveUpPlace)
	defer spacing.Stop()
	select {
	case <-p.ready:
		inv.initTime = p.initTime
		return p, nil, nil
	case <-p.exited:
		early := p.initFailure(inv.request.id)
		inv.initTime = early.at.Sub(p.startedAt)
		if p.host.isClosing() {
			return nil, nil, ErrClosed
		}
		return nil, &early, nil
	case <-ctx.Done():
		p.disown(inv)
		return nil, nil, context.Cause(ctx)
	case <-p.host.closing:
		return nil, nil, ErrClosed
	}
}

// launch starts the executable, its Runtime API and its goroutines.
func (p *process) launch() error {
	if !p.host.enter() {
		return ErrClosed
	}
	defer p.host.running.Done()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.log, err = linelog.New(p.host.logs.writer(p.fn.Name), logTailBytes)
	if err != nil {
		_ = listener.Close()
		return err
	}
	cmd := &exec.Cmd{
		Path:   p.fn.Command[0],
		Args:   p.fn.Command,
		Dir:    p.fn.Dir,
		Env:    p.fn.processEnvironment(listener.Addr().String()),
		Stdout: p.log.Input(),
		Stderr: p.log.Input(),
	}
	p.startedAt = time.Now()
	p.api = serveRuntimeAPI(listener, p)
	started, err := p.host.groups.Start(cmd)
	if err != nil {
		p.api.close()
		p.log.Abandon()
		return err
	}
	p.fn.counters.started.Add(1)
	p.gaugeMemory(started.Leader())
	p.limitInit()
	p.program.mu.Lock()
	p.program.group = started
	killed := p.program.killed
	p.program.mu.Unlock()
	if killed { // the host was closed while the process started
		started.Kill()
	}
	p.host.running.Go(p.reap)
	return nil
}

// reap waits for the end of the process and removes it from the pool.
func (p *process) reap() {
	p.exitErr = p.program.group.Wait()
	p.api.close()
	p.log.Finish()
	if p.gauge != nil {
		_ = p.gauge.Close()
	}
	if p.outOfMemory.Load() {
		p.reportMemory(p.requestID())
	}
	p.fn.pool.remove(p)
	close(p.exited)
}

// kill kills the process and its group. It does not wait for their end.
func (p *process) kill() {
	p.program.mu.Lock()
	defer p.program.mu.Unlock()
	p.program.killed = true
	if p.program.group != nil {
		p.program.group.Kill()
	}
}

// dispatch gives an invocation to the process. The invocation's timeout starts
// here.
func (p *process) dispatch(inv *invocation) {
	p.log.Begin(inv.request.id)
	if inv.request.wantLogTail {
		p.log.Record()
	}
	l := &p.fn.pool
	l.mu.Lock()
	inv.startedAt = time.Now()
	inv.deadline = inv.startedAt.Add(inv.timeLeft())
	c := p.asker
	p.asker = nil
	if c == nil {
		p.undelivered = inv
	}
	l.mu.Unlock()
	if c != nil {
		p.deliver(c, inv)
	}
}

// deliver sends an invocation to the process. If the connection breaks, the process
// gets it when it asks again.
func (p *process) deliver(c *runtimeConn, inv *invocation) {
	if c.deliver(inv) == nil {
		return
	}
	l := &p.fn.pool
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.current == inv {
		p.undelivered = inv
	}
}

// revoke takes an invocation from the process. It returns false if the process has
// already answered it.
func (p *process) revoke(inv *invocation) bool {
	l := &p.fn.pool
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.current != inv {
		return false
	}
	p.current, p.undelivered = nil, nil
	return true
}

// disown separates a starting process from the invocation that it was started
// for.
func (p *process) disown(inv *invocation) {
	l := &p.fn.pool
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.current != inv {
		return
	}
	p.current = nil
	if p.state == busy { // it has just asked for the invocation
		l.release(p)
	}
}

// gaugeMemory prepares the measurements of the process's memory.
func (p *process) gaugeMemory(pid int) {
	gauge, err := memory.Open(pid)
	if err != nil { // the memory is not limited on this system
		return
	}
	p.fn.pool.mu.Lock()
	defer p.fn.pool.mu.Unlock()
	p.gauge = gauge
}

// fate returns what happens to the answer to an invocation.
func (p *process) fate(id string) Fate {
	p.fn.pool.mu.Lock()
	defer p.fn.pool.mu.Unlock()
	if p.current == nil || p.current.request.id != id {
		return Deliver // or refuse it
	}
	return p.current.request.control.Answered
}

// requestID returns the ID of the invocation that the process has, or "".
func (p *process) requestID() string {
	p.fn.pool.mu.Lock()
	defer p.fn.pool.mu.Unlock()
	if p.current == nil {
		return ""
	}
	return p.current.request.id
}

// limitInit kills the process if it does not ask for an invocation in time.
func (p *process) limitInit() {
	l := &p.fn.pool
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.state != starting {
		return // it has already asked
	}
	p.initTimer = time.AfterFunc(p.initLimit, func() {
		l.mu.Lock()
		late := p.state == starting
		p.initTimedOut = late
		l.mu.Unlock()
		if late {
			p.kill()
		}
	})
}

// initFailure returns the outcome for a process that ended before it asked for an
// invocation.
func (p *process) initFailure(requestID string) outcome {
	p.fn.pool.mu.Lock()
	defer p.fn.pool.mu.Unlock()
	switch {
	case p.initTimedOut:
		out := timeoutFailure(p.initLimit).outcome(requestID)
		out.timedOut = true
		return out
	case p.initError != nil:
		return failed(p.initError)
	default:
		return p.exitFailure().outcome(requestID)
	}
}

// exitFailure returns the failure of a process that ended before it answered. Call it
// after exited is closed.
func (p *process) exitFailure() failure {
	f := exitFailure(p.exitErr)
	if p.outOfMemory.Load() {
		f.errorType = outOfMemory
	}
	return f
}
