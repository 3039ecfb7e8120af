package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/value"
)

// concurrency is the concurrency of the inline Map and of the peer's callers.
const concurrency = 16

// realLambda runs the inline Map with a Go Lambda function over the Runtime API.
// The peer calls the same host with the same payloads from as many goroutines.
func realLambda(w *workplace) (sides, error) {
	const n = 10_000
	host, err := w.startHost()
	if err != nil {
		return sides{}, err
	}
	m, err := newMachine(inlineMap, engine.WithIntegration(anyFunction, engine.IntegrationFunc(
		func(ctx context.Context, r *engine.Request) (any, error) {
			answer, err := invoke(ctx, host, value.Append(nil, r.Parameters))
			if err != nil {
				return nil, err
			}
			return value.Parse(answer)
		})))
	if err != nil {
		return sides{}, err
	}
	input := numbers(n)
	payloads := make([][]byte, n)
	for i := range payloads {
		payloads[i] = number(i)
	}
	s := sides{
		ours: func() (float64, error) { return perSecond(n, func() error { return m.run(input) }) },
		peer: func() (float64, error) { return perSecond(n, func() error { return invokeAll(host, payloads) }) },
	}
	_, err = s.peer() // starts the processes
	return s, err
}

// invokeAll invokes the function with each payload, concurrency at a time.
func invokeAll(host *lambdahost.Host, payloads [][]byte) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var next atomic.Int64
	var callers sync.WaitGroup
	for range concurrency {
		callers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(payloads)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if _, err := invoke(ctx, host, payloads[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	callers.Wait()
	return context.Cause(ctx)
}

func invoke(ctx context.Context, host *lambdahost.Host, payload []byte) ([]byte, error) {
	response, err := host.Invoke(ctx, "work", payload)
	if err != nil {
		return nil, err
	}
	if response.FunctionError != "" {
		return nil, fmt.Errorf("the function failed: %s", response.Payload)
	}
	return response.Payload, nil
}

// startHost builds the function in the folder worker and starts a host that runs
// it as "work".
func (w *workplace) startHost() (*lambdahost.Host, error) {
	folder, err := os.MkdirTemp("", "mapjob-bench")
	if err != nil {
		return nil, err
	}
	w.onClose(func() error { return os.RemoveAll(folder) })
	binary := filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary,
		"github.com/mapjob/mapjob/test/bench/worker")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the worker does not build: %w\n%s", err, out)
	}
	host, err := lambdahost.New()
	if err != nil {
		return nil, err
	}
	w.onClose(host.Close)
	return host, host.Add(lambdahost.Function{Name: "work", Command: []string{binary}})
}
