package lambdahost

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// process is one running executable of a function: what Lambda calls an
// execution environment.
type process struct {
	host *Host
	fn   *function

	cmd       *exec.Cmd
	api       *runtimeAPI
	log       *processLog
	startedAt time.Time

	ready  chan struct{} // closed when it first asks for an invocation
	exited chan struct{} // closed when it is reaped and out of the pool

	exitErr error // how it ended; read it after exited is closed

	// Guarded by the pool's mutex.
	state        processState
	current      *invocation
	asker        *runtimeConn // where it waits for an invocation, or nil
	undelivered  *invocation  // goes to the next one that asks
	idleSince    time.Time
	initTimer    *time.Timer
	initTime     time.Duration
	initError    []byte // what it posted to /runtime/init/error
	initTimedOut bool

	// signals guards against signalling a process ID that is no longer ours.
	signals sync.Mutex
	started bool
	doomed  bool // kill was called
	reaped  bool
}

func newProcess(h *Host, fn *function) *process {
	return &process{
		host:   h,
		fn:     fn,
		ready:  make(chan struct{}),
		exited: make(chan struct{}),
	}
}

// A laptop does not have a machine for every process. While many come up at once
// they slow each other down, far beyond the cold start timeout if there are
// hundreds: so only some are launched at a time. A process that takes longer than
// launchSpacing rather waits for something than needs the processor, and gives its
// place to the next one. The invocations that have to wait take a process that
// becomes idle if that comes first.
const launchSpacing = 50 * time.Millisecond

func launchesAtOnce() int { return max(8, 4*runtime.NumCPU()) }

// comeUp launches the process and waits until it asks for an invocation. The
// caller has taken a place among the launches for it.
func (p *process) comeUp(ctx context.Context, inv *invocation) (*process, *outcome, error) {
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

// launch starts the executable, the Runtime API for it and the goroutines around it.
func (p *process) launch() error {
	if !p.host.enter() {
		return ErrClosed
	}
	defer p.host.running.Done()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.log, err = newProcessLog(p.host.logs.writer(p.fn.Name))
	if err != nil {
		_ = listener.Close()
		return err
	}
	p.cmd = &exec.Cmd{
		Path:   p.fn.Command[0],
		Args:   p.fn.Command,
		Dir:    p.fn.Dir,
		Env:    p.fn.processEnvironment(listener.Addr().String()),
		Stdout: p.log.input,
		Stderr: p.log.input,
	}
	p.startedAt = time.Now()
	p.api = serveRuntimeAPI(listener, p)
	if err := p.host.spawner.spawn(p.cmd); err != nil {
		p.api.close()
		p.log.abandon()
		return err
	}
	p.fn.counters.started.Add(1)
	p.limitInit()
	p.host.guardian.watch(p.cmd.Process.Pid)
	p.signals.Lock()
	p.started = true
	doomed := p.doomed
	p.signals.Unlock()
	if doomed { // the host was closed while the process started
		p.kill()
	}
	p.host.running.Go(p.reap)
	return nil
}

// reap waits for the end of the process, takes the rest of its group with it and
// its name out of the books.
func (p *process) reap() {
	p.exitErr = p.wait()
	p.api.close()
	p.log.finish()
	p.host.guardian.forget(p.cmd.Process.Pid)
	p.fn.pool.remove(p)
	close(p.exited)
}

// kill ends the process and its group. It doesn't wait for the end.
func (p *process) kill() {
	p.signals.Lock()
	defer p.signals.Unlock()
	p.doomed = true
	if p.started && !p.reaped {
		killGroup(p.cmd.Process.Pid)
	}
}

// seal kills what is left of the group and forbids further signals, because from
// now on the process ID can belong to somebody else.
func (p *process) seal() {
	p.signals.Lock()
	defer p.signals.Unlock()
	killGroup(p.cmd.Process.Pid)
	p.reaped = true
}

// dispatch gives the process the invocation that it waits for. From now on the
// invocation's time is running.
func (p *process) dispatch(inv *invocation) {
	if inv.request.wantLogTail {
		p.log.record()
	}
	l := &p.fn.pool
	l.mu.Lock()
	inv.startedAt = time.Now()
	inv.deadline = inv.startedAt.Add(inv.fn.Timeout)
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

// deliver sends an invocation to the process. If the connection breaks, it is
// delivered when the process asks again.
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

// revoke takes an invocation away from the process, and reports false if the
// process has answered it.
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

// disown lets a process that is on its way up go on without the invocation that
// it was started for.
func (p *process) disown(inv *invocation) {
	l := &p.fn.pool
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.current != inv {
		return
	}
	p.current = nil
	if p.state == busy { // it came up in this very moment
		l.release(p)
	}
}

// limitInit ends the process if it does not ask for an invocation in time.
func (p *process) limitInit() {
	l := &p.fn.pool
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.state != starting {
		return // it was quick
	}
	p.initTimer = time.AfterFunc(p.host.settings.coldStartTimeout, func() {
		l.mu.Lock()
		late := p.state == starting
		p.initTimedOut = late
		l.mu.Unlock()
		if late {
			p.kill()
		}
	})
}

// initFailure tells why the process ended before it asked for an invocation.
func (p *process) initFailure(requestID string) outcome {
	p.fn.pool.mu.Lock()
	defer p.fn.pool.mu.Unlock()
	switch {
	case p.initTimedOut:
		out := initTimeoutFailure(p.host.settings.coldStartTimeout).outcome(requestID)
		out.timedOut = true
		return out
	case p.initError != nil:
		return failed(p.initError)
	default:
		return exitFailure(p.exitErr).outcome(requestID)
	}
}

// makeRoom stops idle processes, so that with a new one there are no more than
// the host's concurrency.
func (h *Host) makeRoom() {
	for {
		h.mu.RLock()
		total := 0
		var oldest *process
		var oldestSince time.Time
		for _, fn := range h.functions {
			total += fn.pool.size()
			if p, since := fn.pool.leastRecentlyUsed(); p != nil && (oldest == nil || since.Before(oldestSince)) {
				oldest, oldestSince = p, since
			}
		}
		h.mu.RUnlock()
		if total <= h.settings.concurrency || oldest == nil {
			return
		}
		if oldest.fn.pool.evict(oldest) {
			<-oldest.exited
		}
	}
}
