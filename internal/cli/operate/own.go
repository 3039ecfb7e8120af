package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

// own is the folder of a run, with the report of mapjob run, which counts items itself.
type own string

// Open opens a file of the report.
func (o own) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(o), path.Base(at.Key)))
}

// Create is refused.
func (own) Create(context.Context, protocol.Object, map[string]string, io.Reader) error {
	return errReadOnly
}

// useOwn takes the report of mapjob run for an execution whose summary stored none.
func (s *session) useOwn(x *operate.Execution) error {
	if x.Running() || x.Skipped || x.HasFailures() {
		return nil
	}
	stored, err := s.archive.Execution(x.ARN)
	if err != nil || stored == nil || filepath.Base(stored.Folder) != x.Name { // it was not started by mapjob run
		return err
	}
	text, err := os.ReadFile(filepath.Join(stored.Folder, protocol.ReportJSON))
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
	s.own, s.Store = stored.Folder, own(stored.Folder)
	return nil
}
