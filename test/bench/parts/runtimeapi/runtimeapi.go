// Package runtimeapi is the least that a Lambda Runtime API needs: a queue, and the
// calls that wait for their answers. It has no timeouts, no errors, no logs and no end
// of a process.
package runtimeapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// API is a Runtime API of one function.
type API struct {
	server    *httptest.Server
	processes []*exec.Cmd

	queue chan *call
	ids   atomic.Int64

	mu      sync.Mutex
	waiting map[string]*call
}

type call struct {
	id      string
	payload []byte
	answer  chan []byte
}

// Start starts the API and the processes of an executable. Close it in the end.
func Start(executable string, processes int) (*API, error) {
	a := &API{queue: make(chan *call), waiting: map[string]*call{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	a.server = httptest.NewServer(mux)
	for range processes {
		process := exec.Command(executable)
		process.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(a.server.URL, "http://"))
		if err := process.Start(); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		a.processes = append(a.processes, process)
	}
	return a, nil
}

// Close kills the processes and stops the API.
func (a *API) Close() error {
	var errs []error
	for _, process := range a.processes {
		errs = append(errs, process.Process.Kill())
		_ = process.Wait() // it was killed
	}
	a.server.CloseClientConnections()
	a.server.Close()
	return errors.Join(errs...)
}

// Invoke invokes the function and waits for its answer.
func (a *API) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	c := &call{id: strconv.FormatInt(a.ids.Add(1), 10), payload: payload, answer: make(chan []byte, 1)}
	a.mu.Lock()
	a.waiting[c.id] = c
	a.mu.Unlock()
	select {
	case a.queue <- c:
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
func (a *API) next(w http.ResponseWriter, r *http.Request) {
	select {
	case c := <-a.queue:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", c.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
		_, _ = w.Write(c.payload)
	case <-r.Context().Done():
	}
}

// response hands an answer to its call.
func (a *API) response(w http.ResponseWriter, r *http.Request) {
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := r.PathValue("id")
	a.mu.Lock()
	c := a.waiting[id]
	delete(a.waiting, id)
	a.mu.Unlock()
	if c == nil {
		http.Error(w, "unknown invocation "+id, http.StatusBadRequest)
		return
	}
	c.answer <- answer
	w.WriteHeader(http.StatusAccepted)
}
