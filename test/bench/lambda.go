package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

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
		peer: func() (float64, error) {
			return perSecond(n, func() error { return callAll(concurrency, payloads, hosted(host)) })
		},
	}
	_, err = s.peer() // starts the processes
	return s, err
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

// startHost starts a host that runs the function in the folder worker as "work".
func (w *workplace) startHost() (*lambdahost.Host, error) {
	binary, err := w.buildWorker()
	if err != nil {
		return nil, err
	}
	host, err := lambdahost.New()
	if err != nil {
		return nil, err
	}
	w.onClose(host.Close)
	return host, host.Add(lambdahost.Function{Name: "work", Command: []string{binary}})
}

// buildWorker builds the function in the folder worker.
func (w *workplace) buildWorker() (binary string, err error) {
	folder, err := os.MkdirTemp("", "mapjob-bench")
	if err != nil {
		return "", err
	}
	w.onClose(func() error { return os.RemoveAll(folder) })
	binary = filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary,
		"github.com/mapjob/mapjob/test/bench/worker")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the worker does not build: %w\n%s", err, out)
	}
	return binary, nil
}
