package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/cli/stored"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/regular"
	"github.com/mapjob/mapjob/job/report"
)

// useOwn takes the report of mapjob run for an execution whose summary stored none.
func (s *Session) useOwn(x *operate.Execution) error {
	if x.Running() || x.Skipped || x.HasFailures() {
		return nil
	}
	known, err := s.archive.Execution(x.ARN)
	if err != nil || known == nil || filepath.Base(known.Folder) != x.Name { // it was not started by mapjob run
		return err
	}
	text, err := regular.ReadFile(filepath.Join(known.Folder, protocol.ReportJSON))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var r report.Report
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return fmt.Errorf("reading the report of the run: %w", err)
	}
	x.UseReport(&r)
	s.own, s.Store = known.Folder, stored.Report(known.Folder)
	return nil
}
