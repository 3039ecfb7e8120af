package memory

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Supported says whether processes can be measured on this system.
const Supported = true

// Gauge measures a process.
type Gauge struct {
	pid   int
	statm *os.File
}

// Open returns a Gauge of a process that runs or has not been waited for.
func Open(pid int) (*Gauge, error) {
	statm, err := os.Open(path(pid, "statm"))
	if err != nil {
		return nil, err
	}
	return &Gauge{pid, statm}, nil
}

// Close releases the Gauge.
func (g *Gauge) Close() error { return g.statm.Close() }

// Estimate returns the memory of the process alone, in bytes. It takes about a
// microsecond. Pages that the process has given back and the kernel has not yet taken
// count; and before Linux 6.17 the kernel counts in batches on each processor, so that
// the result can be wrong by some megabytes.
func (g *Gauge) Estimate() (int64, error) {
	var text [128]byte
	n, err := g.statm.ReadAt(text[:], 0)
	if n == 0 {
		return 0, err
	}
	return privateOf(text[:n])
}

// Exact returns the memory of the process alone, in bytes. It walks the page tables,
// which takes a millisecond for some hundred megabytes.
func (g *Gauge) Exact() (int64, error) {
	r, err := readRollup(g.pid)
	return r["Anonymous"] - r["LazyFree"], err
}

// Descendants returns the processes that the process and its children have started,
// without those that still use the memory of their parent: see vfork(2).
func (g *Gauge) Descendants() []int {
	all := []int{g.pid}
	for i := 0; i < len(all); i++ {
		for _, child := range children(all[i]) {
			if !haveOneMemory(all[i], child) {
				all = append(all, child)
			}
		}
	}
	return all[1:]
}

// haveOneMemory reports whether a child uses the memory of its parent: then their
// figures are equal. The parent may change them, so they are read several times.
func haveOneMemory(parent, child int) bool {
	for range 10 {
		a, _ := os.ReadFile(path(child, "statm"))
		b, _ := os.ReadFile(path(parent, "statm"))
		c, _ := os.ReadFile(path(child, "statm"))
		if bytes.Equal(a, c) {
			return bytes.Equal(a, b)
		}
	}
	return false
}

// EstimateWith returns the memory of the process and of others, in bytes. Pages that
// they share count more than once.
func (g *Gauge) EstimateWith(others []int) int64 {
	total, _ := g.Estimate()
	for _, pid := range others {
		if text, err := os.ReadFile(path(pid, "statm")); err == nil { // else it has ended
			private, _ := privateOf(text)
			total += private
		}
	}
	return total
}

// ExactWith returns the memory of the process and of others, in bytes. A page that
// several of them share counts once.
func (g *Gauge) ExactWith(others []int) (int64, error) {
	total := int64(0)
	for _, pid := range append([]int{g.pid}, others...) {
		r, err := readRollup(pid)
		if err != nil && pid == g.pid {
			return 0, err
		}
		total += r["Pss_Anon"] - r["LazyFree"]
	}
	return total, nil
}

func path(pid int, file string) string { return "/proc/" + strconv.Itoa(pid) + "/" + file }

// privateOf reads statm (proc(5)): the pages of the process, those that are resident,
// and those of them that belong to files or are shared.
func privateOf(statm []byte) (int64, error) {
	fields := bytes.Fields(statm)
	if len(fields) < 3 {
		return 0, fmt.Errorf("statm: got %q, expected at least three numbers", statm)
	}
	resident, err := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, err2 := strconv.ParseInt(string(fields[2]), 10, 64)
	return (resident - shared) * int64(os.Getpagesize()), errors.Join(err, err2)
}

// readRollup reads smaps_rollup (proc(5)): sums over all mappings, in bytes.
func readRollup(pid int) (map[string]int64, error) {
	text, err := os.ReadFile(path(pid, "smaps_rollup"))
	if err != nil {
		return nil, err
	}
	sums := map[string]int64{}
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64); err == nil {
			sums[string(name)] = n * 1024
		}
	}
	return sums, nil
}

// children returns the processes that the threads of a process have started. Without
// CONFIG_PROC_CHILDREN the kernel does not tell.
func children(pid int) []int {
	threads, err := os.ReadDir(path(pid, "task"))
	if err != nil {
		return nil // it has ended
	}
	var found []int
	for _, thread := range threads {
		text, err := os.ReadFile(path(pid, "task/"+thread.Name()+"/children"))
		if err != nil {
			continue
		}
		for field := range bytes.FieldsSeq(text) {
			if child, err := strconv.Atoi(string(field)); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}
