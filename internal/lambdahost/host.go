package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrClosed is what an invocation gets once [Host.Close] was called.
var ErrClosed = errors.New("the lambda host is closed")

// Host runs functions. It is safe for concurrent use. Close it, or the
// functions' processes live as long as the program does.
type Host struct {
	settings settings
	spawner  spawner
	guardian *guardian
	logs     logSink

	server *http.Server
	url    string

	inFlight atomic.Int64  // invocations under way, over all functions
	launches chan struct{} // holds one element for each process that is being launched

	mu        sync.RWMutex
	functions map[string]*function
	closed    bool

	closing chan struct{}  // closed when Close begins
	running sync.WaitGroup // reapers, log readers and background invocations
	done    chan struct{}  // closed when Close has ended
}

// New starts a host without functions, listening on 127.0.0.1.
func New(options ...Option) (*Host, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	s := defaultSettings()
	for _, option := range options {
		option(&s)
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	listener, err := listen(s.addr)
	if err != nil {
		return nil, err
	}
	h := &Host{
		settings:  s,
		logs:      logSink{open: s.logs},
		url:       "http://" + listener.Addr().String(),
		functions: map[string]*function{},
		launches:  make(chan struct{}, launchesAtOnce()),
		closing:   make(chan struct{}),
		done:      make(chan struct{}),
	}
	h.spawner.start()
	h.guardian = startGuardian()
	h.server = &http.Server{
		Handler:  newInvokeAPI(h),
		ErrorLog: log.New(io.Discard, "", 0),
		// A client that stops in the middle of its header would hold a connection for ever.
		ReadHeaderTimeout: time.Minute,
	}
	h.running.Go(func() { _ = h.server.Serve(listener) })
	return h, nil
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(addr)
		return nil, fmt.Errorf("the lambda host cannot listen on %s, because another program does: "+
			"stop it (`lsof -i :%s` names it), choose another port, or port 0 for any free one: %w", addr, port, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the lambda host cannot listen on %q, expected an address like 127.0.0.1:3001: %w", addr, err)
	}
	return listener, nil
}

// URL is the endpoint of the Invoke API, such as "http://127.0.0.1:3001".
func (h *Host) URL() string { return h.url }

// Add makes a function known under its name. Its processes start when
// invocations need them, so a missing executable shows in the first invocation,
// as it does in Lambda.
func (h *Host) Add(f Function) error {
	fn, err := newFunction(h, f)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	if _, taken := h.functions[f.Name]; taken {
		return fmt.Errorf("function %q was already added, expected a name that is unique in the host", f.Name)
	}
	h.functions[f.Name] = fn
	return nil
}

// Stats counts what a function has done since it was added.
type Stats struct {
	Invocations int // invocations that reached the function, retries of events included
	Errors      int // of these, the ones that ended with a FunctionError
	Timeouts    int // of the errors, the ones that ran out of time
	Throttles   int // invocations refused for want of concurrency; not among Invocations
	Started     int // processes started
	Alive       int // processes running now
}

// Stats returns the counts of a function, and zeros for one that is not known.
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
	return fn.counters.snapshot(fn.pool.alive())
}

// find resolves a function name or ARN, with or without a qualifier.
func (h *Host) find(identifier string) (fn *function, qualifier string, err error) {
	name, qualifier, err := parseName(identifier)
	if err != nil {
		return nil, "", err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return nil, "", ErrClosed
	}
	fn = h.functions[name]
	if fn == nil {
		return nil, "", h.notFound(name)
	}
	return fn, qualifier, nil
}

// notFound is Lambda's own message and, because a name in a template is easily
// confused with a logical ID, the names that would have worked. Callers hold mu.
func (h *Host) notFound(name string) error {
	known := make([]string, 0, len(h.functions))
	for other := range h.functions {
		known = append(known, other)
	}
	slices.Sort(known)
	hint := "no function was added to this host"
	if len(known) > 0 {
		hint = "this host has " + strings.Join(known, ", ")
	}
	return &Error{
		Code:    codeNotFound,
		Message: fmt.Sprintf("Function not found: %s (%s)", defaultARN(name), hint),
	}
}

// enter registers work that Close has to wait for; the work calls running.Done at
// its end. It reports false when the host is closed, and the work must not begin then.
func (h *Host) enter() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return false
	}
	h.running.Add(1)
	return true
}

// background runs work that Close has to wait for, and reports false, without
// running it, when the host is closed.
func (h *Host) background(work func()) bool {
	if !h.enter() {
		return false
	}
	go func() {
		defer h.running.Done()
		work()
	}()
	return true
}

func (h *Host) isClosing() bool {
	select {
	case <-h.closing:
		return true
	default:
		return false
	}
}

// Close kills every process with its group, makes the invocations in flight
// fail with [ErrClosed], and returns when all of it is over. Calling it again
// waits for the same end.
func (h *Host) Close() error {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	h.mu.Unlock()
	if !first {
		<-h.done
		return nil
	}
	close(h.closing)

	// Requests in flight are answered (they fail at once) before connections close.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, fn := range h.functions {
		fn.pool.close()
	}
	if h.server.Shutdown(ctx) != nil {
		_ = h.server.Close()
	}
	h.running.Wait()
	h.guardian.stop()
	h.spawner.stop()
	close(h.done)
	return nil
}
