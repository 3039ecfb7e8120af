package linelog_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/lambdahost/linelog"
)

// writes collects the arguments of Write.
type writes []string

func (w *writes) Write(line []byte) (int, error) {
	*w = append(*w, string(line))
	return len(line), nil
}

func newLog(t *testing.T, to *writes, tailBytes int) *linelog.Log {
	t.Helper()
	log, err := linelog.New(to, tailBytes)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func print(t *testing.T, log *linelog.Log, text string) {
	t.Helper()
	if _, err := fmt.Fprint(log.Input(), text); err != nil {
		t.Fatal(err)
	}
}

func TestWritesAreWholeLines(t *testing.T) {
	t.Parallel()
	var got writes
	log := newLog(t, &got, 100)
	for _, part := range []string{"one\ntw", "o\n\n", "unfinished"} {
		print(t, log, part)
	}
	log.Finish()
	if diff := cmp.Diff(writes{"one\n", "two\n", "\n", "unfinished\n"}, got); diff != "" {
		t.Errorf("wrong lines (-expected +got):\n%s", diff)
	}
}

func TestRecordedIsTheTailSinceRecord(t *testing.T) {
	t.Parallel()
	var got writes
	log := newLog(t, &got, 12)
	print(t, log, "before\n")
	if tail := string(log.Recorded()); tail != "" {
		t.Errorf("got tail %q without Record, expected none", tail)
	}
	log.Record()
	print(t, log, "first\nsecond\nthird\n")
	if tail := string(log.Recorded()); tail != "econd\nthird\n" {
		t.Errorf("got tail %q, expected the last 12 bytes", tail)
	}
	log.Record()
	print(t, log, "unfin")
	if tail := string(log.Recorded()); tail != "" {
		t.Errorf("got tail %q, expected no unfinished line", tail)
	}
	print(t, log, "ished\n")
	log.Finish()
	if diff := cmp.Diff(writes{"before\n", "first\n", "second\n", "third\n", "unfinished\n"}, got); diff != "" {
		t.Errorf("wrong lines (-expected +got):\n%s", diff)
	}
}

func TestLongLineIsSplit(t *testing.T) {
	t.Parallel()
	var got writes
	log := newLog(t, &got, 0)
	long := strings.Repeat("x", 1<<20)
	print(t, log, long)
	log.Finish()
	if len(got) < 2 {
		t.Fatalf("got %d lines for 1 MiB, expected several", len(got))
	}
	if joined := strings.ReplaceAll(strings.Join(got, ""), "\n", ""); joined != long {
		t.Errorf("got %d bytes, expected %d", len(joined), len(long))
	}
}

// requests collects lines with their invocations.
type requests struct {
	writes
	got []string
}

func (r *requests) WriteOf(requestID string, line []byte) {
	r.got = append(r.got, requestID+" "+string(line))
}

func TestLinesHaveTheirInvocation(t *testing.T) {
	t.Parallel()
	var got requests
	log, err := linelog.New(&got, 100)
	if err != nil {
		t.Fatal(err)
	}
	print(t, log, "loading\n")
	_ = log.Recorded() // it is read
	log.Begin("r1")
	log.Record()
	print(t, log, "one\nunfin")
	if tail := string(log.Recorded()); tail != "one\n" {
		t.Errorf("got tail %q, expected the finished line", tail)
	}
	log.Begin("r2")
	print(t, log, "ished\ntwo\n")
	log.Finish()
	if diff := cmp.Diff([]string{" loading\n", "r1 one\n", "r2 unfinished\n", "r2 two\n"}, got.got); diff != "" || len(got.writes) > 0 {
		t.Errorf("wrong lines (-expected +got):\n%s", diff)
	}
}

// TestLinesOfTwoInvocationsStayApart writes right before the next invocation begins.
func TestLinesOfTwoInvocationsStayApart(t *testing.T) {
	t.Parallel()
	var got requests
	log, err := linelog.New(&got, 100)
	if err != nil {
		t.Fatal(err)
	}
	var expected []string
	for i := range 2000 {
		id := fmt.Sprintf("r%d", i)
		log.Begin(id)
		print(t, log, "line\n")
		expected = append(expected, id+" line\n")
	}
	log.Finish()
	if diff := cmp.Diff(expected, got.got); diff != "" {
		t.Errorf("wrong lines (-expected +got):\n%s", diff)
	}
}

// TestFinishDoesNotWaitForAProcessThatWritesOn has a second writer, as a child that
// left its group is.
func TestFinishDoesNotWaitForAProcessThatWritesOn(t *testing.T) {
	t.Parallel()
	var got writes
	log := newLog(t, &got, 0)
	child := exec.Command("/bin/sh", "-c", "while echo again; do :; done 2>/dev/null")
	child.Stdout = log.Input()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	finished := make(chan struct{})
	go func() {
		log.Finish()
		close(finished)
	}()
	select {
	case <-finished:
	case <-time.After(10 * time.Second):
		t.Error("Finish has not returned after 10 s, expected it not to wait for the child")
		_ = child.Process.Kill()
	}
	_ = child.Wait() // a broken pipe ends it
}
