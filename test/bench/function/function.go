// Package function calls a Lambda function that answers with its event.
package function

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/test/bench/figure"
)

// Name is the name of the function in a host.
const Name = "work"

// Build builds the function and returns its executable.
func Build(w *figure.Workplace) (string, error) {
	folder, err := w.Folder()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary,
		"github.com/mapjob/mapjob/test/bench/function/worker")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the worker does not build: %w\n%s", err, out)
	}
	return binary, nil
}

// Payloads returns n small events.
func Payloads(n int) [][]byte {
	payloads := make([][]byte, n)
	for i := range payloads {
		payloads[i] = fmt.Appendf(nil, `{"id":%d}`, i)
	}
	return payloads
}

// Call invokes the function.
type Call func(ctx context.Context, payload []byte) ([]byte, error)

// Hosted returns a Call of the function of a host.
func Hosted(host *lambdahost.Host) Call {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		response, err := host.Invoke(ctx, Name, payload)
		if err != nil {
			return nil, err
		}
		if response.FunctionError != "" {
			return nil, fmt.Errorf("the function failed: %s", response.Payload)
		}
		return response.Payload, nil
	}
}

// CallAll calls with each payload, callers at a time. Each answer must be its payload.
func CallAll(callers int, payloads [][]byte, call Call) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(payloads)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				answer, err := call(ctx, payloads[i])
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
