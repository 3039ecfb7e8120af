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

	"github.com/mapjob/mapjob/internal/lambdahost/group"
	"github.com/mapjob/mapjob/internal/lambdahost/memory"
)

// ErrClosed is returned after [Host.Close] was called.
var ErrClosed = errors.New("the Lambda host is closed")

// Host runs functions. It is safe for concurrent use. Call Close in the end;
// otherwise the functions' processes run as long as this process does.
type Host struct {
	settings settings
	groups   *group.Runner
	logs     logSink
	memory   *memoryWatch

	server *http.Server
	url    string

	inFlight atomic.Int64  // invocations under way in all functions
	launches chan struct{} // has an element for each process that is starting

	mu        sync.RWMutex
	functions map[string]*function
	closed    bool

	closing chan struct{}  // closed when Close begins
	running sync.WaitGroup // the server, reapers and background invocations
	done    chan struct{}  // closed when Close has ended
}

// New creates a host without functions and starts its Invoke API.
func New(options ...Option) (*Host, error) {
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
	groups, err := group.New()
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	h := &Host{
		settings:  s,
		groups:    groups,
		logs:      logSink{open: s.logs},
		url:       "http://" + listener.Addr().String(),
		functions: map[string]*function{},
		launches:  make(chan struct{}, launchesAtOnce()),
		closing:   make(chan struct{}),
		done:      make(chan struct{}),
	}
	h.memory = newMemoryWatch(h)
	h.server = &http.Server{
		Handler:  newInvokeAPI(h),
		ErrorLog: log.New(io.Discard, "", 0),
		// Without it, a client that never finishes its header would hold a connection
		// forever.
		ReadHeaderTimeout: time.Minute,
	}
	h.running.Go(func() { _ = h.server.Serve(listener) })
	if memory.Supported {
		h.running.Go(h.memory.run)
	}
	return h, nil
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(addr)
		return nil, fmt.Errorf("the Lambda host cannot listen on %s, because another program does: "+
			"stop it (`lsof -i :%s` names it), or choose another port, or port 0 for any free one: %w", addr, port, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the Lambda host cannot listen on %q, expected an address such as 127.0.0.1:3001: %w", addr, err)
	}
	return listener, nil
}

// URL returns the endpoint of the Invoke API, such as "http://127.0.0.1:3001".
func (h *Host) URL() string { return h.url }

// Add adds a function. Its processes start when invocations need them, so, as in
// Lambda, a missing executable is reported by the first invocation.
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

// find returns the function with the given name or ARN, and its qualifier, if any.
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

// notFound returns Lambda's message with the names of all functions, because it is
// easy to confuse a name with a logical ID. Callers hold mu.
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

// enter registers work for which Close waits; the work calls running.Done at its
// end. It returns false if the host is closed: the work must not start then.
func (h *Host) enter() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return false
	}
	h.running.Add(1)
	return true
}

// background runs work for which Close waits. It returns false, and does not run
// the work, if the host is closed.
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

// Close kills all processes with their groups. Invocations under way return
// [ErrClosed]. Close returns when everything has ended; a second call waits for the
// same end.
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

	// Requests under way fail at once. They are answered before connections close.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, fn := range h.functions {
		fn.pool.close()
	}
	if h.server.Shutdown(ctx) != nil {
		_ = h.server.Close()
	}
	h.running.Wait()
	h.groups.Close()
	close(h.done)
	return nil
}

// makeRoom stops idle processes until the number of processes, including planned
// ones, is within the host's concurrency.
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
