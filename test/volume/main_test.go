//go:build linux

package main

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
)

// The lines are those that the command prints.
func TestItemsDone(t *testing.T) {
	for line, expected := range map[string]int{
		"   2.8s  1,600 of 5,000 items done, 44 failed, 823 a second, 4s left": 1600,
		"9123.4s  1,000,000 of 1,000,000 items done, 0 failed":                 1_000_000,
		"   0.7s  filled Orders with 5,000 records of examples/orders.jsonl":   -1,
		"   3.0s  12 objects were written":                                     -1,
		"":                                                                     -1,
	} {
		done, ok := itemsDone(line)
		if ok != (expected >= 0) || ok && done != expected {
			t.Errorf("%q: got %d and %v, expected %d", line, done, ok, expected)
		}
	}

	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	end := terminal.NewProgress(write).Follow(func() terminal.Counts { return terminal.Counts{Total: 4000, Done: 1234} })
	end()
	write.Close()
	line := make([]byte, 200)
	n, err := read.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	if done, ok := itemsDone(string(line[:n])); !ok || done != 1234 {
		t.Errorf("got %d and %v of %q, expected 1234", done, ok, line[:n])
	}
}

func TestMemoryHasTheProcessesThatAProcessStarted(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 5 & wait")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for range 200 {
		if used := memory(cmd.Process.Pid); used["sh"] > 0 && used["sleep"] > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("got %v, expected memory of sh and of sleep", memory(cmd.Process.Pid))
}
