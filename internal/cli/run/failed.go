package run

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/cli/account"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

// fetchFailures copies the items that failed from the report of the job's summary.
// If it has none, those that the command has seen stay.
func (r *run) fetchFailures(ctx context.Context, at *protocol.Folder, items report.Items) error {
	for _, name := range []string{protocol.FailuresErrorsFile, protocol.FailuresFile} {
		path := filepath.Join(r.folder, name)
		var err error
		if items.Failed+items.Missing == 0 {
			err = os.Remove(path)
		} else {
			err = r.stack.Fetch(ctx, at.Bucket, at.File(name).Key, path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// failedItems returns the last lines of a run with failed items: where they are, and
// the command that shows why they failed. Each line begins with before.
func failedItems(folder string, items report.Items, before string) string {
	if items.Failed+items.Missing == 0 {
		return ""
	}
	var lines []string
	if path := filepath.Join(folder, protocol.FailuresFile); exists(path) {
		lines = append(lines, "the items that failed: "+path)
	}
	if items.Failed > 0 {
		lines = append(lines, `why they failed: grep '"FAILED"' `+filepath.Join(folder, account.ResultsFile))
	}
	if len(lines) == 0 {
		return ""
	}
	return before + strings.Join(lines, before)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
