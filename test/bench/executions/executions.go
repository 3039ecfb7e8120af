package executions

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/peers"
)

// items is the number of items of an execution, and peerExecutions how many of them
// the peer runs in a measurement.
const (
	items          = 20
	peerExecutions = 10
)

// beside measures how many executions a test of this package runs in a second on one
// core, beside those of a durable function in its test runner. A bubble of
// testing/synctest needs a test.
func beside(test string, executions int) func(*figure.Workplace) (figure.Sides, error) {
	return func(w *figure.Workplace) (figure.Sides, error) {
		folder, err := w.Folder()
		if err != nil {
			return figure.Sides{}, err
		}
		_, file, _, _ := runtime.Caller(0)
		here, binary := filepath.Dir(file), filepath.Join(folder, "executions.test")
		build := exec.Command("go", "test", "-c", "-o", binary, ".")
		build.Dir = here
		if out, err := build.CombinedOutput(); err != nil {
			return figure.Sides{}, fmt.Errorf("the test does not build: %w\n%s", err, out)
		}
		peer, err := peers.Start(w, "durable.mjs", strconv.Itoa(items), strconv.Itoa(peerExecutions))
		if err != nil {
			return figure.Sides{}, err
		}
		if _, err := peer.Measure(); err != nil { // the first is slow, until its code is compiled
			return figure.Sides{}, err
		}
		return figure.Sides{
			Ours: func() (float64, error) {
				run := exec.Command(binary, "-test.run=^"+test+"$", "-executions="+strconv.Itoa(executions))
				run.Dir = here
				run.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=400")
				out, err := run.CombinedOutput()
				if err != nil {
					return 0, fmt.Errorf("%s: %w\n%s", test, err, out)
				}
				rate, _, _ := bytes.Cut(out, []byte(" executions/s\n"))
				return strconv.ParseFloat(string(rate), 64)
			},
			Peer: peer.Measure,
		}, nil
	}
}
