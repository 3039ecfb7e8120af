package completion

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// folder has the names of the runs of this folder.
type folder struct{}

// Folder returns the names of the executions and jobs of the runs of this folder.
func Folder() Names { return folder{} }

// all returns the executions, the newest first.
func (folder) all() []archive.Execution {
	folders, err := runs.All()
	if err != nil {
		return nil
	}
	executions, err := archive.Open(folders...)
	if err != nil {
		return nil
	}
	defer func() { _ = executions.Close() }()
	all, err := executions.Executions()
	if err != nil {
		return nil
	}
	return all
}

// Executions returns the executions, the newest first.
func (f folder) Executions(job string) (found []Candidate) {
	for _, x := range f.all() {
		if !strings.HasPrefix(job, "arn:") && !strings.HasPrefix(statesarn.Name(x.StateMachineARN), job) {
			continue
		}
		found = append(found, Candidate{x.Name, fmt.Sprintf("%s, %s", x.Status, x.Start.Local().Format("2006-01-02 15:04:05"))})
	}
	return found
}

// Jobs returns the names of the state machines with an execution.
func (f folder) Jobs() (found []Candidate) {
	seen := map[string]bool{}
	for _, x := range f.all() {
		if name := statesarn.Name(x.StateMachineARN); !seen[name] {
			seen[name] = true
			found = append(found, Candidate{Word: name})
		}
	}
	return found
}
