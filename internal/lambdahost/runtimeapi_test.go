//go:build linux || darwin

package lambdahost_test

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func addManual(t *testing.T, h *lambdahost.Host) {
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"HANDLER": "manual"} })
}

func TestRuntimeAPIRefusesRequestsOutOfOrder(t *testing.T) {
	h := newHost(t)
	addManual(t, h)
	for _, c := range []struct {
		do     string
		status int
	}{
		{"ask twice", 403},
		{"wrong request ID", 400},
		{"unknown path", 404},
		{"late init error", 403},
	} {
		if got := succeed[int](t, h, fmt.Sprintf(`{"do":%q}`, c.do)); got != c.status {
			t.Errorf("%s: got status %d, expected %d", c.do, got, c.status)
		}
	}
	if got := succeed[int](t, h, `{"do":"answer twice"}`); got != 202 {
		t.Errorf("the first of two answers: got %d, expected 202", got)
	}
	if got := succeed[int](t, h, `{"do":"last"}`); got != 400 {
		t.Errorf("the second of two answers: got status %d, expected 400", got)
	}
	if got := h.Stats("worker"); got.Started != 1 || got.Errors != 0 {
		t.Errorf("got %+v, expected one process and no error", got)
	}
}

func TestRuntimeAPIServesOtherClients(t *testing.T) {
	h := newHost(t)
	addManual(t, h)
	if got := succeed[int](t, h, `{"do":"new connection for everything"}`); got != 202 {
		t.Errorf("got status %d, expected 202", got)
	}
	for range 20 {
		succeed[int](t, h, `{}`)
	}
	response := invoke(t, h, `{"do":"expect 100-continue"}`)
	if len(response.Payload) != 100_002 {
		t.Errorf("got %d bytes of a body sent after 100 Continue, expected 100002", len(response.Payload))
	}
	if got := h.Stats("worker").Started; got != 1 {
		t.Errorf("got %d processes, expected 1", got)
	}
}

// hostThatHearsHangingUp returns a host, and a function that returns after a process
// has asked for an invocation and hung up.
func hostThatHearsHangingUp(t *testing.T) (*lambdahost.Host, func()) {
	t.Helper()
	lines := make(lineChannel, 10)
	h := newHost(t, lambdahost.WithLogs(func(string) io.Writer { return lines }))
	return h, func() {
		t.Helper()
		select {
		case line := <-lines:
			if line != "hung up\n" {
				t.Fatalf("got %q in the log, expected that the process hung up", line)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the process did not hang up within 20 seconds")
		}
		time.Sleep(300 * time.Millisecond) // the host hears of it
	}
}

// lineChannel receives what a function writes to its log.
type lineChannel chan string

func (c lineChannel) Write(line []byte) (int, error) {
	c <- string(line)
	return len(line), nil
}

func TestProcessMayHangUpAndAskAgain(t *testing.T) {
	t.Parallel()
	h, hungUp := hostThatHearsHangingUp(t)
	addManual(t, h)
	succeed[int](t, h, `{"do":"hang up"}`)
	hungUp()
	succeed[int](t, h, `{}`)
	if got := h.Stats("worker"); got.Started != 1 || got.Errors != 0 {
		t.Errorf("got %+v, expected the same process", got)
	}
}

func TestInvocationDoesNotWaitForAProcessThatHungUp(t *testing.T) {
	t.Parallel()
	h, hungUp := hostThatHearsHangingUp(t)
	addManual(t, h)
	succeed[int](t, h, `{"do":"hang up for good"}`)
	hungUp()
	begun := time.Now()
	succeed[int](t, h, `{}`)
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the invocation took %s, expected at most 10s", took)
	}
	if got := h.Stats("worker"); got.Started != 2 || got.Errors != 0 {
		t.Errorf("got %+v, expected a second process", got)
	}
}

func TestErrorsOfOtherRuntimes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	addManual(t, h)
	if got, _ := fail(t, h, `{"do":"error without a body"}`); got.Type != "Function.NoSuchThing" {
		t.Errorf("got %+v, expected the type in the header", got)
	}
	if got, _ := fail(t, h, `{"do":"fail in the middle"}`); got.Type != "Function.Broke" || got.Message != "in the middle" {
		t.Errorf("got %+v, expected the error in the trailer", got)
	}
	if got := h.Stats("worker"); got.Started != 1 || got.Errors != 2 {
		t.Errorf("got %+v, expected two errors of one process", got)
	}
}

func TestProcessMayExitAfterItsAnswer(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	addManual(t, h)
	for range 10 {
		if got := succeed[string](t, h, `{"do":"answer and exit"}`); got != "done" {
			t.Errorf("got %q, expected done", got)
		}
	}
	if got := h.Stats("worker"); got.Started != 10 || got.Errors != 0 {
		t.Errorf("got %+v, expected ten processes and no error", got)
	}
}

func TestInvocationDoesNotWaitForAProcessThatWorksOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	addManual(t, h)
	first := succeed[int](t, h, `{"do":"answer and work on","millis":15000}`)
	begun := time.Now()
	if second := succeed[int](t, h, `{}`); second == first {
		t.Errorf("got process %d twice, expected another one", first)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the second invocation took %s, expected at most 10s", took)
	}
}

func TestManyShortInvocationsShareAFewProcesses(t *testing.T) {
	h := newHost(t)
	add(t, h, nil)
	const n = 100
	var all sync.WaitGroup
	for range n {
		all.Go(func() { invoke(t, h, `{"do":"sleep","millis":1}`) })
	}
	all.Wait()
	if got := h.Stats("worker"); got.Started == n || got.Invocations != n {
		t.Errorf("got %+v, expected waiting invocations to take idle processes", got)
	}
}

func TestManyColdStartsAtOnceDoNotTimeOut(t *testing.T) {
	h := newHost(t, lambdahost.WithColdStartTimeout(2*time.Second))
	add(t, h, func(f *lambdahost.Function) { f.Timeout = time.Minute })
	const n = 150
	failures := make(chan string, n)
	for range n {
		go func() {
			response, err := h.Invoke(t.Context(), "worker", []byte(`{"do":"sleep","millis":1000}`))
			switch {
			case err != nil:
				failures <- err.Error()
			case response.FunctionError != "":
				failures <- string(response.Payload)
			default:
				failures <- ""
			}
		}()
	}
	for range n {
		if failure := <-failures; failure != "" {
			t.Error(failure)
		}
	}
	if got := h.Stats("worker"); got.Started > n || got.Invocations != n {
		t.Errorf("got %+v, expected %d invocations and at most as many processes", got, n)
	}
}
