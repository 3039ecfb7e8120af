package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/lambdahost"
)

// workers is the number of processes of the function, and of callers.
const workers = 8

// hostVsMinimal invokes a Go Lambda function in eight processes of the host, which
// keeps its log as a run does. The peer runs the same processes behind the least that
// a Runtime API needs.
func hostVsMinimal(w *workplace) (sides, error) {
	const n = 10_000
	binary, err := w.buildWorker()
	if err != nil {
		return sides{}, err
	}
	log, err := functionlog.Create(filepath.Join(filepath.Dir(binary), "work.log"))
	if err != nil {
		return sides{}, err
	}
	w.onClose(log.Close)
	host, err := lambdahost.New(lambdahost.WithLogs(func(string) io.Writer { return log }))
	if err != nil {
		return sides{}, err
	}
	w.onClose(host.Close)
	if err := host.Add(lambdahost.Function{Name: "work", Command: []string{binary}, Concurrency: workers}); err != nil {
		return sides{}, err
	}
	minimal, err := w.startMinimal(binary)
	if err != nil {
		return sides{}, err
	}
	payloads := make([][]byte, n)
	for i := range payloads {
		payloads[i] = number(i)
	}
	s := sides{
		ours: func() (float64, error) {
			return perSecond(n, func() error { return callAll(workers, payloads, hosted(host)) })
		},
		peer: func() (float64, error) {
			return perSecond(n, func() error { return callAll(workers, payloads, minimal.invoke) })
		},
	}
	for _, warmUp := range []side{s.ours, s.peer} { // starts the processes
		if _, err := warmUp(); err != nil {
			return sides{}, err
		}
	}
	return s, nil
}

// call invokes a function.
type call func(ctx context.Context, payload []byte) ([]byte, error)

// hosted invokes the function of a host.
func hosted(host *lambdahost.Host) call {
	return func(ctx context.Context, payload []byte) ([]byte, error) { return invoke(ctx, host, payload) }
}

// callAll calls with each payload, callers at a time. Each answer must be its payload.
func callAll(callers int, payloads [][]byte, invoke call) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(payloads)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				answer, err := invoke(ctx, payloads[i])
				if err == nil && !bytes.Equal(answer, payloads[i]) {
					err = fmt.Errorf("answer: got %q, expected %q", answer, payloads[i])
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// minimal is a Runtime API of one function: a queue, and the calls that wait for
// their answers. It has no timeouts, no errors, no logs and no end of a process.
type minimal struct {
	queue chan *minimalCall
	ids   atomic.Int64

	mu      sync.Mutex
	waiting map[string]*minimalCall
}

type minimalCall struct {
	id      string
	payload []byte
	answer  chan []byte
}

// startMinimal starts the API and its processes.
func (w *workplace) startMinimal(binary string) (*minimal, error) {
	m := &minimal{queue: make(chan *minimalCall), waiting: map[string]*minimalCall{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", m.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", m.response)
	server := httptest.NewServer(mux)
	address := server.Listener.Addr().(*net.TCPAddr).String()
	w.onClose(func() error { server.CloseClientConnections(); server.Close(); return nil })
	for range workers {
		process := exec.Command(binary)
		process.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+address)
		if err := process.Start(); err != nil {
			return nil, err
		}
		w.onClose(func() error {
			_ = process.Process.Kill()
			_ = process.Wait()
			return nil
		})
	}
	return m, nil
}

func (m *minimal) invoke(ctx context.Context, payload []byte) ([]byte, error) {
	c := &minimalCall{id: strconv.FormatInt(m.ids.Add(1), 10), payload: payload, answer: make(chan []byte, 1)}
	m.mu.Lock()
	m.waiting[c.id] = c
	m.mu.Unlock()
	select {
	case m.queue <- c:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case answer := <-c.answer:
		return answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// next answers a process with the next call.
func (m *minimal) next(w http.ResponseWriter, r *http.Request) {
	select {
	case c := <-m.queue:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", c.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
		_, _ = w.Write(c.payload)
	case <-r.Context().Done():
	}
}

// response hands an answer to its call.
func (m *minimal) response(w http.ResponseWriter, r *http.Request) {
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := r.PathValue("id")
	m.mu.Lock()
	c := m.waiting[id]
	delete(m.waiting, id)
	m.mu.Unlock()
	if c == nil {
		http.Error(w, "unknown invocation "+id, http.StatusBadRequest)
		return
	}
	c.answer <- answer
	w.WriteHeader(http.StatusAccepted)
}
