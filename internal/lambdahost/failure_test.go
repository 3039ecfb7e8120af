//go:build linux || darwin

package lambdahost_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func TestFailuresHaveLambdasTypesAndMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, payload, errorType, message string // "ID" in the message is the request ID
		fresh                             bool   // the next invocation starts a new process
	}{
		{"error", `{"do":"error","message":"no such order"}`, "errorString", "no such order", false},
		{"panic", `{"do":"panic","message":"index out of range"}`, "string", "index out of range", true},
		{"exit 1", `{"do":"exit","code":1}`, "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 1", true},
		{"exit 0", `{"do":"exit","code":0}`, "Runtime.ExitError", "RequestId: ID Error: Runtime exited without providing a reason", true},
		{"signal", `{"do":"kill"}`, "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: signal: killed", true},
		{"timeout", `{"do":"sleep","millis":60000}`, "Sandbox.Timedout", "RequestId: ID Error: Task timed out after 1.50 seconds", true},
		{"response too large", `{"do":"bytes","bytes":6291557}`, "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			add(t, h, func(f *lambdahost.Function) {
				if c.name == "timeout" {
					f.Timeout = 1500 * time.Millisecond
				}
			})
			before := succeed[int](t, h, `{"do":"pid"}`)
			got, response := fail(t, h, c.payload)
			if got.Type != c.errorType {
				t.Errorf("got errorType %q, expected %q", got.Type, c.errorType)
			}
			if want := strings.ReplaceAll(c.message, "ID Error", response.RequestID+" Error"); got.Message != want {
				t.Errorf("got errorMessage %q, expected %q", got.Message, want)
			}
			after := succeed[int](t, h, `{"do":"pid"}`)
			if fresh := after != before; fresh != c.fresh {
				t.Errorf("got process %d, then %d, expected a new one: %v", before, after, c.fresh)
			}
			stats := h.Stats("worker")
			if stats.Invocations != 3 || stats.Errors != 1 || stats.Alive != 1 || (stats.Timeouts == 1) != (c.name == "timeout") {
				t.Errorf("got %+v, expected 3 invocations, 1 error, 1 process alive, and a timeout only for a timeout", stats)
			}
		})
	}
}

func TestLargestResponsePasses(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	if response := invoke(t, h, `{"do":"bytes","bytes":6291556}`); response.FunctionError != "" || len(response.Payload) != 6291556 {
		t.Errorf("got %d bytes with FunctionError %q, expected 6291556 bytes and none", len(response.Payload), response.FunctionError)
	}
}

func TestDefaultTimeoutIsThreeSeconds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Timeout = 0 })
	got, response := fail(t, h, `{"do":"sleep","millis":60000}`)
	if !strings.HasSuffix(got.Message, "Task timed out after 3.00 seconds") {
		t.Errorf("got %q, expected a timeout after 3.00 seconds", got.Message)
	}
	if response.Duration < 3*time.Second || response.Duration > 10*time.Second {
		t.Errorf("got %s, expected three seconds or slightly more", response.Duration)
	}
}

func TestInitializationFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ init, errorType, message string }{
		{"exit", "Runtime.ExitError", "Runtime exited with error: exit status 7"},
		{"exit 0", "Runtime.ExitError", "Runtime exited without providing a reason"},
		{"kill", "Runtime.ExitError", "Runtime exited with error: signal: killed"},
		{"hang", "Sandbox.Timedout", "Task timed out after 0.60 seconds"},
		{"error", "Init.NoConfiguration", "TABLE is not set"},
	} {
		t.Run(c.init, func(t *testing.T) {
			t.Parallel()
			var options []lambdahost.Option
			if c.init == "hang" {
				options = append(options, lambdahost.WithColdStartTimeout(400*time.Millisecond))
			}
			h := newHost(t, options...)
			add(t, h, func(f *lambdahost.Function) {
				f.Env = map[string]string{"INIT": c.init}
				if c.init == "hang" {
					f.Timeout = 600 * time.Millisecond
				}
			})
			got, response := fail(t, h, `{"do":"pid"}`)
			if got.Type != c.errorType || !strings.HasSuffix(got.Message, c.message) {
				t.Errorf("got %+v, expected %s: %s", got, c.errorType, c.message)
			}
			if !response.ColdStart || response.InitDuration <= 0 {
				t.Errorf("got ColdStart %v after %s, expected a cold start", response.ColdStart, response.InitDuration)
			}
			eventually(t, "the process is gone", func() bool { return h.Stats("worker").Alive == 0 })
			fail(t, h, `{"do":"pid"}`)
			if stats := h.Stats("worker"); stats.Started != 4 || stats.Errors != 2 {
				t.Errorf("got %+v, expected two processes for each invocation", stats)
			}
		})
	}
}

// Whether a signal leaves a core dump depends on the machine.
func TestCoreDumpsAreNotMentioned(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nulimit -c unlimited\nkill -SEGV $$\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Command = []string{script} })
	if got, _ := fail(t, h, `{}`); !strings.HasSuffix(got.Message, "Runtime exited with error: signal: segmentation fault") {
		t.Errorf("got %+v, expected the signal alone", got)
	}
}

func TestInitializationIsTriedTwice(t *testing.T) {
	t.Parallel()
	for init, report := range map[string]string{
		"exit":  `Status: error\tError Type: Runtime.ExitError`,
		"error": `Status: error\tError Type: Init.NoConfiguration`,
		"hang":  `Status: timeout`,
	} {
		t.Run(init, func(t *testing.T) {
			t.Parallel()
			logs := &lineChecker{t: t}
			options := []lambdahost.Option{lambdahost.WithLogs(func(string) io.Writer { return logs })}
			if init == "hang" {
				options = append(options, lambdahost.WithColdStartTimeout(400*time.Millisecond))
			}
			h := newHost(t, options...)
			add(t, h, func(f *lambdahost.Function) {
				f.Env = map[string]string{"INIT": init, "ONCE": filepath.Join(t.TempDir(), "failed")}
			})
			succeed[int](t, h, `{"do":"pid"}`)
			if stats := h.Stats("worker"); stats.Started != 2 || stats.Errors != 0 || stats.Alive != 1 {
				t.Errorf("got %+v, expected a second process and no error", stats)
			}
			pattern := regexp.MustCompile(`INIT_REPORT Init Duration: [0-9]+\.[0-9]{2} ms\tPhase: init\t` + report + "\n")
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(logs.lines, ""); !pattern.MatchString(got) {
				t.Errorf("got log %q, expected a line like %s", got, pattern)
			}
		})
	}
}

func TestSlowInitializationHasTheFunctionsTimeout(t *testing.T) {
	t.Parallel()
	h := newHost(t, lambdahost.WithColdStartTimeout(50*time.Millisecond))
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"INIT": "slow"} })
	response := invoke(t, h, `{"do":"pid"}`)
	if response.FunctionError != "" || response.InitDuration < 300*time.Millisecond {
		t.Errorf("got %s after %s, expected a process that took 300 ms to initialize", response.Payload, response.InitDuration)
	}
	// The initialization counts: together with it, the invocation takes too long.
	if err := h.Add(lambdahost.Function{Name: "both", Command: []string{binary}, Timeout: 600 * time.Millisecond, Env: map[string]string{"INIT": "slow"}}); err != nil {
		t.Fatal(err)
	}
	response, err := h.Invoke(t.Context(), "both", []byte(`{"do":"sleep","millis":400}`))
	if err != nil || !strings.Contains(string(response.Payload), "Task timed out after 0.60 seconds") {
		t.Errorf("got %+v, %v, expected a timeout", response, err)
	}
}

func TestStartFailuresSayWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	machine := runtime.GOOS + "/" + runtime.GOARCH
	build := fmt.Sprintf("build it for this machine with GOOS=%s GOARCH=%s", runtime.GOOS, runtime.GOARCH)
	for _, c := range []struct{ name, path, cause string }{
		{"missing", filepath.Join(dir, "nothing"), "no such file: " + build},
		{"not executable", write("plain", "#!/bin/sh\n", 0o644), "it is not executable (mode -rw-r--r--): chmod +x it"},
		{"a directory", dir, "it is a directory, expected an executable"},
		{"other machine", write("foreign", foreignELF, 0o755), "it was built for linux/s390, but this machine is " + machine + ": " + build},
		{"no binary", write("text", "hello", 0o755), "it is neither an executable for " + machine + " nor a script that starts with #!: " + build},
		{"no interpreter", write("script", "#!/no/such/shell\n", 0o755), "the interpreter or dynamic loader that it names does not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			add(t, h, func(f *lambdahost.Function) { f.Command = []string{c.path} })
			got, response := fail(t, h, `{}`)
			if got.Type != "Runtime.InvalidEntrypoint" {
				t.Errorf("got errorType %q, expected Runtime.InvalidEntrypoint", got.Type)
			}
			if prefix := "RequestId: " + response.RequestID + " Error: Couldn't find valid bootstrap(s): [" + c.path + "]: "; !strings.HasPrefix(got.Message, prefix) || !strings.HasSuffix(got.Message, c.cause) {
				t.Errorf("got %q, expected %q and %q", got.Message, prefix, c.cause)
			}
			if alive := h.Stats("worker").Alive; alive != 0 {
				t.Errorf("got %d processes, expected none", alive)
			}
		})
	}
}

// foreignELF is the header of an executable for a big-endian IBM mainframe.
const foreignELF = "\x7fELF\x02\x02\x01" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x02" + "\x00\x16" + "\x00\x00\x00\x01" + // an executable, EM_S390, version 1
	"\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00" + "\x00\x40" + "\x00\x38" + "\x00\x00" + "\x00\x40" + "\x00\x00" + "\x00\x00"
