package parts

import (
	"io"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/function"
	"github.com/mapjob/mapjob/test/bench/parts/runtimeapi"
)

// workers is the number of processes of the function, and of callers.
const workers = 8

// hostVsMinimal invokes a Go Lambda function in eight processes of the host, which
// keeps its log as a run does. The peer runs the same processes behind the least that
// a Runtime API needs.
func hostVsMinimal(w *figure.Workplace) (figure.Sides, error) {
	const n = 10_000
	binary, err := function.Build(w)
	if err != nil {
		return figure.Sides{}, err
	}
	log, err := functionlog.Create(filepath.Join(filepath.Dir(binary), "work.log"))
	if err != nil {
		return figure.Sides{}, err
	}
	w.OnClose(log.Close)
	host, err := lambdahost.New(lambdahost.WithLogs(func(string) io.Writer { return log }))
	if err != nil {
		return figure.Sides{}, err
	}
	w.OnClose(host.Close)
	if err := host.Add(lambdahost.Function{Name: function.Name, Command: []string{binary}, Concurrency: workers}); err != nil {
		return figure.Sides{}, err
	}
	minimal, err := runtimeapi.Start(binary, workers)
	if err != nil {
		return figure.Sides{}, err
	}
	w.OnClose(minimal.Close)
	payloads := function.Payloads(n)
	s := figure.Sides{
		Ours: func() (float64, error) {
			return figure.PerSecond(n, func() error { return function.CallAll(workers, payloads, function.Hosted(host)) })
		},
		Peer: func() (float64, error) {
			return figure.PerSecond(n, func() error { return function.CallAll(workers, payloads, minimal.Invoke) })
		},
	}
	for _, warmUp := range []figure.Side{s.Ours, s.Peer} { // starts the processes
		if _, err := warmUp(); err != nil {
			return figure.Sides{}, err
		}
	}
	return s, nil
}
