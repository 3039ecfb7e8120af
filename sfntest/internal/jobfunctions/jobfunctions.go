// Package jobfunctions has the handlers of functions that a job brings along.
package jobfunctions

import (
	"context"
	"io"
	"log/slog"
	"path"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/mapjob/mapjob/internal/chunker"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/job"
)

// Add adds the handlers of functions that a job of constructs/mapjob brings
// along, in its construct, unless the test has given others.
func Add(s *deployment.Stack, handlers map[string]lambda.Handler) {
	jobs := map[string]bool{}
	for _, m := range s.Machines {
		jobs[m.ID] = true
	}
	for _, f := range s.Functions {
		if handlers[f.Name] != nil || !jobs[path.Dir(f.ID)] {
			continue
		}
		quiet := job.WithLogger(slog.New(slog.DiscardHandler))
		switch path.Base(f.ID) {
		case "Chunker":
			handlers[f.Name] = chunker.New(quiet)
		case "Accountant":
			handlers[f.Name] = job.Summarize(func(context.Context, *job.Summary) error { return nil }, quiet, job.WithMetrics(io.Discard))
		}
	}
}
