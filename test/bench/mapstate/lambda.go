package mapstate

import (
	"context"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/function"
)

// concurrency is the concurrency of the inline Map and of the peer's callers.
const concurrency = 16

// realLambda runs the inline Map with a Go Lambda function over the Runtime API.
// The peer calls the same host with the same payloads from as many goroutines.
func realLambda(w *figure.Workplace) (figure.Sides, error) {
	const n = 10_000
	host, err := startHost(w)
	if err != nil {
		return figure.Sides{}, err
	}
	call := function.Hosted(host)
	m, err := newMachine(inlineMap, engine.WithIntegration(anyFunction, engine.IntegrationFunc(
		func(ctx context.Context, r *engine.Request) (any, error) {
			answer, err := call(ctx, value.Append(nil, r.Parameters))
			if err != nil {
				return nil, err
			}
			return value.Parse(answer)
		})))
	if err != nil {
		return figure.Sides{}, err
	}
	input := numbers(n)
	payloads := function.Payloads(n)
	s := figure.Sides{
		Ours: func() (float64, error) { return figure.PerSecond(n, func() error { return m.run(input) }) },
		Peer: func() (float64, error) {
			return figure.PerSecond(n, func() error { return function.CallAll(concurrency, payloads, call) })
		},
	}
	_, err = s.Peer() // starts the processes
	return s, err
}

// startHost starts a host that runs the worker.
func startHost(w *figure.Workplace) (*lambdahost.Host, error) {
	binary, err := function.Build(w)
	if err != nil {
		return nil, err
	}
	host, err := lambdahost.New()
	if err != nil {
		return nil, err
	}
	w.OnClose(host.Close)
	return host, host.Add(lambdahost.Function{Name: function.Name, Command: []string{binary}})
}
