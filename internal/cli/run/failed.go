package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/cli/operate"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

// failedItems returns the last lines of a run with failed items: where they are, and
// the commands that show why they failed and run them again. Each line begins with
// before.
func (r *run) failedItems(ctx context.Context, execution string, items report.Items, before string) (string, error) {
	if items.Failed+items.Missing == 0 {
		return "", nil
	}
	lines, err := r.next(ctx, execution, false)
	if path := filepath.Join(r.folder, protocol.FailuresFile); exists(path) {
		lines = append([]string{"the items that failed: " + path}, lines...)
	}
	if len(lines) == 0 {
		return "", err
	}
	return before + strings.Join(lines, before), err
}

// withCommands returns a report with the commands for the items that failed. They name
// the execution, because a report is read later, too.
func (r *run) withCommands(ctx context.Context, own *report.Report) (*report.Report, error) {
	lines, err := r.next(ctx, own.Execution, true)
	added := *own
	added.Notes = append(lines, own.Notes...)
	return &added, err
}

// next returns the commands for the items of an execution that failed.
func (r *run) next(ctx context.Context, execution string, named bool) ([]string, error) {
	if err := r.stack.Flush(); err != nil {
		return nil, err
	}
	return operate.Next(context.WithoutCancel(ctx), execution, named)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
