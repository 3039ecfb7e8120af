//go:build linux || darwin

package lambdahost_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// running reports whether a process exists and is not a zombie. In a container there
// may be no process that reaps orphans.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist) || !hasProc()
	}
	_, afterName, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(afterName, "Z") && !strings.HasPrefix(afterName, "X")
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// expectGone waits until none of the processes is running.
func expectGone(t *testing.T, pids []int) {
	t.Helper()
	if len(pids) == 0 {
		t.Fatal("got no process, expected at least one")
	}
	for _, pid := range pids {
		eventually(t, fmt.Sprintf("the end of process %d of %v", pid, pids), func() bool { return !running(pid) })
	}
}

// fork makes "worker" start a child and a grandchild, and returns the three IDs.
func fork(t *testing.T, h *lambdahost.Host) []int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "grandchild")
	pids := succeed[[]int](t, h, fmt.Sprintf(`{"do":"fork","file":%q}`, file))
	for _, pid := range pids {
		if !running(pid) {
			t.Fatalf("process %d of %v is not running", pid, pids)
		}
	}
	return pids
}

func TestCloseKillsTheWholeGroup(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	pids := fork(t, h)
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	expectGone(t, pids)
}

func TestTimeoutKillsTheWholeGroup(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Timeout = time.Second })
	pids := fork(t, h)
	fail(t, h, `{"do":"sleep","millis":60000}`)
	expectGone(t, pids)
}

func TestCrashKillsTheRestOfTheGroup(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	pids := fork(t, h)
	fail(t, h, `{"do":"exit","code":3}`)
	expectGone(t, pids)
}

func TestCloseDoesNotWaitForAChildThatLeftTheGroup(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	child := succeed[int](t, h, `{"do":"escape"}`)
	defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }()
	begun := time.Now()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("Close took %s, expected at most 10s", took)
	}
	if !running(child) {
		t.Error("the child has ended, expected it to hold the pipe")
	}
}

func TestCloseEndsInvocationsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	add(t, h, func(f *lambdahost.Function) {
		f.Name = "hangs"
		f.Env = map[string]string{"INIT": "hang"}
	})
	var all sync.WaitGroup
	failures := make(chan error, 8)
	for _, name := range []string{"worker", "worker", "worker", "worker", "hangs", "hangs", "hangs", "hangs"} {
		all.Go(func() {
			_, err := h.Invoke(t.Context(), name, []byte(`{"do":"sleep","millis":15000}`))
			failures <- err
		})
	}
	eventually(t, "eight processes", func() bool { return h.Stats("worker").Started+h.Stats("hangs").Started == 8 })
	begun := time.Now()
	for range 3 { // Close may be called more than once, from several goroutines
		all.Go(func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			if alive := h.Stats("worker").Alive + h.Stats("hangs").Alive; alive != 0 {
				t.Errorf("got %d processes after Close, expected none", alive)
			}
		})
	}
	all.Wait()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("Close took %s, expected at most 5s", took)
	}
	for range 8 {
		if err := <-failures; !errors.Is(err, lambdahost.ErrClosed) {
			t.Errorf("got %v, expected ErrClosed", err)
		}
	}
	if _, err := h.Invoke(t.Context(), "worker", nil); !errors.Is(err, lambdahost.ErrClosed) {
		t.Errorf("Invoke after Close: got %v, expected ErrClosed", err)
	}
	if err := h.Add(lambdahost.Function{Name: "late", Command: []string{binary}}); !errors.Is(err, lambdahost.ErrClosed) {
		t.Errorf("Add after Close: got %v, expected ErrClosed", err)
	}
}

// TestCloseAtAnyMoment closes hosts while their processes start, answer and ask for
// invocations. Close must neither hang nor leave a process.
func TestCloseAtAnyMoment(t *testing.T) {
	t.Parallel()
	for round := range 30 {
		h := newHost(t)
		add(t, h, nil)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					if _, err := h.Invoke(t.Context(), "worker", []byte(`{"do":"pid"}`)); err != nil {
						if !errors.Is(err, lambdahost.ErrClosed) {
							t.Errorf("got %v, expected ErrClosed", err)
						}
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(round) * time.Millisecond)
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if alive := h.Stats("worker").Alive; alive != 0 {
			t.Errorf("got %d processes after Close, expected none", alive)
		}
		all.Wait()
	}
}

// hostProcess is the main function of the test binary if it is started as a host that
// will be killed.
func hostProcess() int {
	h, err := lambdahost.New()
	if err == nil {
		err = h.Add(lambdahost.Function{Name: "worker", Command: []string{os.Getenv("LAMBDAHOST_TEST_FUNCTION")}, Timeout: time.Minute})
	}
	var response *lambdahost.Response
	if err == nil {
		response, err = h.Invoke(context.Background(), "worker", fmt.Appendf(nil, `{"do":"fork","file":%q}`, os.Getenv("LAMBDAHOST_TEST_FILE")))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("%s\n", response.Payload)
	// Still under way when the host is killed.
	_, _ = h.Invoke(context.Background(), "worker", []byte(`{"do":"sleep","millis":60000}`))
	return 1
}

func TestNoProcessSurvivesAKilledHost(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	host := exec.Command(self)
	host.Env = append(os.Environ(), "LAMBDAHOST_TEST_FUNCTION="+binary, "LAMBDAHOST_TEST_FILE="+filepath.Join(t.TempDir(), "grandchild"))
	output, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	if err := json.NewDecoder(output).Decode(&pids); err != nil {
		_ = host.Process.Kill()
		rest, _ := io.ReadAll(output)
		t.Fatalf("got no process IDs from the host: %v %s", err, rest)
	}
	for _, pid := range pids {
		if !running(pid) {
			t.Errorf("process %d of %v is not running", pid, pids)
		}
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	expectGone(t, pids)
}
