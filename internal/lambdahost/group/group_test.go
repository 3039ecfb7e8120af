//go:build linux || darwin

package group_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost/group"
)

func newRunner(t *testing.T) *group.Runner {
	t.Helper()
	r, err := group.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// start starts a shell script. It returns the group and the standard output of the
// group, which ends when all its processes have ended.
func start(t *testing.T, r *group.Runner, script string) (*group.Group, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = writer
	g, err := r.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	t.Cleanup(func() { _ = reader.Close() })
	// Without a deadline a test would hang if a process survives.
	if err := reader.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return g, bufio.NewReader(reader)
}

func TestKillKillsTheWholeGroup(t *testing.T) {
	t.Parallel()
	g, output := start(t, newRunner(t), "sleep 1000 & echo ready; wait")
	if line, err := output.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("got %q and error %v, expected ready", line, err)
	}
	g.Kill()
	if err := g.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("got %v, expected signal: killed", err)
	}
	if _, err := io.Copy(io.Discard, output); err != nil {
		t.Errorf("got %v, expected the end of all processes", err)
	}
	g.Kill() // after the end it does nothing
}

func TestWaitKillsTheRestOfTheGroup(t *testing.T) {
	t.Parallel()
	g, output := start(t, newRunner(t), "sleep 1000 & echo ready")
	if err := g.Wait(); err != nil {
		t.Errorf("got %v, expected no error", err)
	}
	if _, err := io.Copy(io.Discard, output); err != nil {
		t.Errorf("got %v, expected the end of all processes", err)
	}
}

func TestStartReturnsTheErrorOfTheStart(t *testing.T) {
	t.Parallel()
	if _, err := newRunner(t).Start(exec.Command("/no/such/program")); err == nil {
		t.Error("got no error, expected one")
	}
}

// TestClosedRunnerLeavesNoGroup closes a runner with a running program.
func TestClosedRunnerLeavesNoGroup(t *testing.T) {
	t.Parallel()
	r, err := group.New()
	if err != nil {
		t.Fatal(err)
	}
	var groups []*group.Group
	for i := range 3 {
		g, output := start(t, r, fmt.Sprintf("echo %d; sleep 1000", i))
		if _, err := output.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	r.Close()
	for _, g := range groups {
		if err := g.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Errorf("got %v, expected signal: killed", err)
		}
	}
}
