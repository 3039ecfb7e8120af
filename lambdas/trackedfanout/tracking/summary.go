package tracking

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/mapjob/mapjob/job/report"
)

// Summary summarizes jobs.
type Summary struct {
	Table *Table
}

// Handle writes the summary of a completed job to the log and to the job's
// record.
func (s *Summary) Handle(ctx context.Context, completed Completed) error {
	job, err := s.Table.get(ctx, completed.JobID)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s orders: %s invoiced, %s refused",
		report.Thousands(job.Finished+job.Failed), report.Thousands(job.Finished), report.Thousands(job.Failed))
	slog.InfoContext(ctx, text, "job", job.ID)
	return s.Table.summarize(ctx, job.ID, text)
}
