package operate

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/mapjob/mapjob/internal/functionlog"
)

// logFiles returns the logs of the run that an execution is of.
func (s *session) logFiles(arn string) ([]functionlog.Log, error) {
	x, err := s.archive.Execution(arn)
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(x.Folder, "logs", "*.log"))
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Stat(name)
		return err != nil || !info.Mode().IsRegular()
	})
	if len(names) == 0 {
		return nil, fmt.Errorf("the run %s has no logs: it ran no function of its own", filepath.Base(x.Folder))
	}
	var logs []functionlog.Log
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			logs = append(logs, functionlog.File(name))
		}
	}
	if len(logs) == 0 { // all are empty
		logs = append(logs, functionlog.File(names[0]))
	}
	return logs, nil
}
