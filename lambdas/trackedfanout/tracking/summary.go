package tracking

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/mapjob/mapjob/job/report"
)

// Summary says what became of a night's orders.
type Summary struct {
	Table *Table // workflow
}

// Handle writes the summary of a job whose tally is full: to the log, and into
// the job's record.
func (s *Summary) Handle(ctx context.Context, completed Completed) error { // workflow
	job, err := s.Table.get(ctx, completed.JobID) // workflow
	if err != nil {                               // workflow
		return err // workflow
	} // workflow
	text := fmt.Sprintf("%s orders: %s invoiced, %s refused",
		report.Thousands(job.Finished+job.Failed), report.Thousands(job.Finished), report.Thousands(job.Failed))
	slog.InfoContext(ctx, text, "job", job.ID)
	return s.Table.summarize(ctx, job.ID, text) // workflow
}
