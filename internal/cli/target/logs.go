package target

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/mapjob/mapjob/internal/operate"

	"github.com/mapjob/mapjob/internal/functionlog"
)

// logFiles returns the logs of the run that an execution is of.
func (s *Session) logFiles(arn string) ([]functionlog.Log, error) {
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

// Logs returns the logs of the functions that the Map of an execution invokes: of a run on
// this machine, its files; else those of the log groups, or of the functions' own.
func (s *Session) Logs(ctx context.Context, x *operate.Execution, groups []string) (logs []functionlog.Log, err error) {
	if s.target.Local {
		return s.logFiles(x.ARN)
	}
	settings, err := s.target.Settings(ctx, x.ARN)
	if err != nil {
		return nil, err
	}
	watch := &functionlog.CloudWatch{Logs: cloudwatchlogs.NewFromConfig(settings), Functions: lambda.NewFromConfig(settings), Region: settings.Region}
	if len(groups) == 0 {
		functions, err := s.WorkerFunctions(ctx, x)
		if err != nil {
			return nil, err
		}
		for _, function := range functions {
			group, err := watch.GroupOf(ctx, function)
			if err != nil {
				return nil, err
			}
			groups = append(groups, group)
		}
	}
	for _, group := range groups {
		logs = append(logs, watch.Group(group))
	}
	return logs, nil
}
