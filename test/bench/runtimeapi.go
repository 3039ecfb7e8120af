package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/test/bench/runtimeapi"
)

// workers is the number of processes of the function, and of callers.
const workers = 8

// hostVsMinimal invokes a Go Lambda function in eight processes of the host, which
// keeps its log as a run does. The peer runs the same processes behind the least that
// a Runtime API needs.
func hostVsMinimal(w *workplace) (sides, error) {
	const n = 10_000
	binary, err := w.buildWorker()
	if err != nil {
		return sides{}, err
	}
	log, err := functionlog.Create(filepath.Join(filepath.Dir(binary), "work.log"))
	if err != nil {
		return sides{}, err
	}
	w.onClose(log.Close)
	host, err := lambdahost.New(lambdahost.WithLogs(func(string) io.Writer { return log }))
	if err != nil {
		return sides{}, err
	}
	w.onClose(host.Close)
	if err := host.Add(lambdahost.Function{Name: "work", Command: []string{binary}, Concurrency: workers}); err != nil {
		return sides{}, err
	}
	minimal, err := runtimeapi.Start(binary, workers)
	if err != nil {
		return sides{}, err
	}
	w.onClose(minimal.Close)
	payloads := make([][]byte, n)
	for i := range payloads {
		payloads[i] = number(i)
	}
	s := sides{
		ours: func() (float64, error) {
			return perSecond(n, func() error { return callAll(workers, payloads, hosted(host)) })
		},
		peer: func() (float64, error) {
			return perSecond(n, func() error { return callAll(workers, payloads, minimal.Invoke) })
		},
	}
	for _, warmUp := range []side{s.ours, s.peer} { // starts the processes
		if _, err := warmUp(); err != nil {
			return sides{}, err
		}
	}
	return s, nil
}

// call invokes a function.
type call func(ctx context.Context, payload []byte) ([]byte, error)

// hosted invokes the function of a host.
func hosted(host *lambdahost.Host) call {
	return func(ctx context.Context, payload []byte) ([]byte, error) { return invoke(ctx, host, payload) }
}

// callAll calls with each payload, callers at a time. Each answer must be its payload.
func callAll(callers int, payloads [][]byte, invoke call) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(payloads)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				answer, err := invoke(ctx, payloads[i])
				if err == nil && !bytes.Equal(answer, payloads[i]) {
					err = fmt.Errorf("answer: got %q, expected %q", answer, payloads[i])
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}
