//go:build linux || darwin

package lambdahost_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// lineChecker expects one whole line in each Write. It has no lock, because the host
// must not write twice at once.
type lineChecker struct {
	t     *testing.T
	lines []string
}

func (c *lineChecker) Write(line []byte) (int, error) {
	if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' {
		c.t.Errorf("got %q in a Write, expected one whole line", line)
	}
	c.lines = append(c.lines, string(line))
	return len(line), nil
}

func TestLogsOfManyProcessesAreWholeLines(t *testing.T) {
	t.Parallel()
	all := &lineChecker{t: t}
	h := newHost(t, lambdahost.WithLogs(func(string) io.Writer { return all }))
	for _, name := range []string{"worker", "other"} {
		add(t, h, func(f *lambdahost.Function) { f.Name = name })
	}
	var running sync.WaitGroup
	for i := range 6 {
		running.Go(func() {
			name := []string{"worker", "other"}[i%2]
			if _, err := h.Invoke(t.Context(), name, fmt.Appendf(nil, `{"do":"log lines","message":"number %d,"}`, i)); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if err := h.Close(); err != nil { // after Close the log is complete
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`^number (\d), (\d+) =+\n$`)
	next := map[string]int{}
	for _, line := range all.lines {
		match := whole.FindStringSubmatch(line)
		if match == nil {
			t.Fatalf("got line %q, expected a whole one", line)
		}
		if match[2] != strconv.Itoa(next[match[1]]) {
			t.Fatalf("got %q, expected line %d of its invocation", line, next[match[1]])
		}
		next[match[1]]++
	}
	if len(all.lines) != 6*200 {
		t.Errorf("got %d lines, expected %d", len(all.lines), 6*200)
	}
}

func TestLogHasTheLastLinesOfACrash(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHost(t, lambdahost.WithLogs(func(function string) io.Writer {
		if function != "worker" {
			t.Errorf("got function %q, expected worker", function)
		}
		return &log
	}))
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"INIT": "exit"} })
	fail(t, h, `{}`)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	const last = "giving up before the first event\n"
	if got := log.String(); !strings.HasPrefix(got, last+"INIT_REPORT ") || strings.Count(got, last) != 2 {
		t.Errorf("got %q, expected %q of each of two processes", got, last)
	}
}

func TestUnfinishedLineGetsALineEnd(t *testing.T) {
	t.Parallel()
	log := &lineChecker{t: t}
	h := newHost(t, lambdahost.WithLogs(func(string) io.Writer { return log }))
	add(t, h, nil)
	invoke(t, h, `{"do":"log","message":"hello"}`)
	invoke(t, h, `{"do":"log","message":"again"}`)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	want := "hello\nhello\nunfinished helloagain\nagain\nunfinished again\n"
	if got := strings.Join(log.lines, ""); got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
}
