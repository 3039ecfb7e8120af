package figure

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// PeakOf returns a side that runs this program with the given arguments, which make it
// call [PrintPeak]. It needs a process of its own, because the peak is that of the
// whole process.
func PeakOf(arguments ...string) Side {
	return func() (float64, error) {
		program, err := os.Executable()
		if err != nil {
			return 0, err
		}
		cmd := exec.Command(program, arguments...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return 0, err
		}
		return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	}
}

// PrintPeak does work and prints the peak of resident memory in megabytes.
func PrintPeak(work func() error) error {
	if err := work(); err != nil {
		return err
	}
	bytes, err := peakBytes()
	if err != nil {
		return err
	}
	fmt.Println(float64(bytes) / 1e6)
	return nil
}

// peakBytes returns the peak of this process's resident memory. On a system
// without /proc it returns all memory that the Go runtime has reserved, which is
// more.
func peakBytes() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if os.IsNotExist(err) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.Sys, nil
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kibibytes, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kibibytes << 10, err
		}
	}
	return 0, errors.New("got no VmHWM in /proc/self/status, expected one")
}
