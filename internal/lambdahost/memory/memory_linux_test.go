package memory_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost/memory"
)

// TestGauge measures this process before and after it uses 100 MB.
func TestGauge(t *testing.T) {
	g, err := memory.Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	measures := map[string]func() (int64, error){
		"estimate":            g.Estimate,
		"exact":               g.Exact,
		"estimate with":       func() (int64, error) { return g.EstimateWith(nil), nil },
		"exact with":          func() (int64, error) { return g.ExactWith(nil) },
		"with an old process": func() (int64, error) { return g.ExactWith([]int{1 << 30}) },
	}
	before := map[string]int64{}
	for name, measure := range measures {
		if before[name], err = measure(); err != nil {
			t.Fatal(err)
		}
	}
	// Not of the heap, where the race detector needs some of its own for each byte.
	used, err := syscall.Mmap(-1, 0, 100*memory.MB, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Munmap(used) }()
	for i := range used {
		used[i] = 1
	}
	for name, measure := range measures {
		after, err := measure()
		if grown := after - before[name]; err != nil || grown < 95*memory.MB || grown > 120*memory.MB {
			t.Errorf("%s: got %d bytes more, expected about 100 MB (%v)", name, grown, err)
		}
	}
}

func TestDescendants(t *testing.T) {
	child := exec.Command("/bin/sh", "-c", "sleep 1000 & wait")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	g, err := memory.Open(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		found := g.Descendants()
		if len(found) == 1 {
			if process, err := os.FindProcess(found[0]); err == nil {
				_ = process.Kill()
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %v, expected one process", found)
		}
	}
}

func TestGaugeOfAnEndedProcessFails(t *testing.T) {
	child := exec.Command("true")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	g, err := memory.Open(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	_ = child.Wait()
	if used, err := g.Estimate(); err == nil {
		t.Errorf("estimate: got %d bytes, expected an error", used)
	}
	if used, err := g.Exact(); err == nil {
		t.Errorf("exact: got %d bytes, expected an error", used)
	}
	if found := g.Descendants(); len(found) > 0 {
		t.Errorf("got descendants %v, expected none", found)
	}
}
