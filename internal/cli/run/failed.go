package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

// failedItems returns the last lines of a run with failed items: where they are, and
// the commands that show why they failed and run them again. Each line begins with
// before.
func (r *run) failedItems(ctx context.Context, execution string, items report.Items, before string) string {
	if items.Failed+items.Missing == 0 {
		return ""
	}
	lines := r.next(ctx, execution, false)
	if path := filepath.Join(r.folder, protocol.FailuresFile); exists(path) {
		lines = append([]string{"the items that failed: " + path}, lines...)
	}
	if len(lines) == 0 {
		return ""
	}
	return before + strings.Join(lines, before)
}

// withCommands returns a report with the commands for the items that failed. They name
// the execution, because a report is read later, too.
func (r *run) withCommands(ctx context.Context, own *report.Report) *report.Report {
	if own.Items.Failed+own.Items.Missing == 0 {
		return own
	}
	added := *own
	added.Notes = append(r.next(ctx, own.Execution, true), own.Notes...)
	return &added
}

// next returns the commands for the items of an execution that failed. A run does not
// fail if they can't be chosen.
func (r *run) next(ctx context.Context, execution string, named bool) []string {
	err := r.stack.Flush()
	if err == nil {
		var lines []string
		if lines, err = target.Next(context.WithoutCancel(ctx), execution, named); err == nil {
			return lines
		}
	}
	return []string{"why they failed can't be read: " + err.Error()}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
