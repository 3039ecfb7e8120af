package job_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
)

func TestEveryFunctionRefusesAVersionThatItCannotRead(t *testing.T) {
	t.Parallel()
	worker := work(func(_ context.Context, n int) (int, error) { return n, nil })
	callback := job.Callback(func(context.Context, int, string) error { return nil }, silent)
	for name, c := range map[string]struct {
		handler job.Handler
		payload string // %d stands for the version
	}{
		"job start": {start(count(1, nil)), `{"version": %d, "job": {"name": "x"}, "input": {}}`},
		"worker":    {worker, `{"BatchInput": {"version": %d}, "Items": [{"index": 0, "item": 1}]}`},
		"callback":  {callback, `{"BatchInput": {"version": %d}, "Items": [{"index": 0, "item": 1}], "TaskToken": "token"}`},
		"summary":   {summarize(nothing), `{"version": %d, "items": {"count": 0}, "results": []}`},
		// A message of another version may have members of other types.
		"changed job start": {start(count(1, nil)), `{"version": %d, "job": 7}`},
		"changed worker":    {worker, `{"BatchInput": {"version": %d, "job": 7}, "Items": 7}`},
		"changed summary":   {summarize(nothing), `{"version": %d, "items": 7}`},
	} {
		if !strings.HasPrefix(name, "changed") {
			for _, version := range []int{0, protocol.Version} {
				if answer := invoke(t, c.handler, fmt.Sprintf(c.payload, version)); strings.Contains(answer, "version") {
					t.Errorf("%s: got %s, expected no version in an answer of version 1", name, answer)
				}
			}
		}
		for _, version := range []int{-1, protocol.Version + 1} {
			err := refused(t, c.handler, fmt.Sprintf(c.payload, version))
			if expected := fmt.Sprintf("got a message of protocol version %d, expected version", version); err.Type != job.ErrorInvalidInput || !strings.HasPrefix(err.Message, expected) {
				t.Errorf("%s, version %d: got %s: %s, expected %s: %s", name, version, err.Type, err.Message, job.ErrorInvalidInput, expected)
			}
		}
	}
}
