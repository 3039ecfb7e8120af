package simulate_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

var children = flag.Int("simulate.children", 1_000_000, "child executions of TestScale: ten million take some 10 s")

// TestScale simulates children with one item each, ten thousand at once.
func TestScale(t *testing.T) {
	for name, express := range map[string]bool{"Standard": false, "Express": true} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t, *children, 2*time.Second)
			j.Setup.MaxConcurrency = 10_000
			if express {
				j.express()
				j.Book = book(t, map[string]float64{"lambda.concurrency": 10_000})
			}
			var first, most uint64
			j.Progress = func(int, int) {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				if most = max(most, m.HeapAlloc); first == 0 {
					first = m.HeapAlloc
				}
			}
			began := time.Now()
			r := j.run(t)
			took := time.Since(began)
			check(t, "children", r.Children, *children)
			// Ten million have a minute.
			if limit := time.Duration(*children) * time.Minute / 10_000_000; took > limit {
				t.Errorf("got %v, expected at most %v", took, limit)
			}
			if most > 64<<20 || most > first+first/4+1<<20 {
				t.Errorf("got %d bytes in use, %d after 100,000 children, expected no more and at most 64 MiB", most, first)
			}
			resident := residentMB(t)
			if resident > 500 {
				t.Errorf("got %d MB resident, expected at most 500", resident)
			}
			t.Logf("%d children in %v: %d events, %.0f s simulated, %d KB in use, %d MB resident at most", r.Children, took, r.Events, r.Seconds, most>>10, resident)
		})
	}
}

// residentMB returns the most memory that was resident in this process.
func residentMB(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil { // not Linux: what the Go runtime has reserved is more
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.Sys >> 20)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes >> 10
		}
	}
	t.Fatal("got no VmHWM in /proc/self/status")
	return 0
}
