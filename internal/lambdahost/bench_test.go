//go:build linux || darwin

package lambdahost_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// BenchmarkInvoke measures invocations of a Go Lambda that echoes its event.
func BenchmarkInvoke(b *testing.B) {
	for _, parallel := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) {
			h := newHost(b)
			add(b, h, func(f *lambdahost.Function) { f.Env = map[string]string{"HANDLER": "echo"} })
			payload := []byte(`{"BatchInput":{"job":"bench"},"Items":[{"index":0,"item":{"id":17}}]}`)
			call := func() {
				response, err := h.Invoke(b.Context(), "worker", payload)
				if err != nil || response.FunctionError != "" {
					b.Errorf("invocation failed: %v %+v", err, response)
				}
			}
			call()
			b.ResetTimer()
			var left atomic.Int64
			left.Store(int64(b.N))
			done := make(chan struct{})
			for range parallel {
				go func() {
					for left.Add(-1) >= 0 {
						call()
					}
					done <- struct{}{}
				}()
			}
			for range parallel {
				<-done
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "invocations/s")
			b.ReportMetric(float64(h.Stats("worker").Started), "processes")
		})
	}
}
