package operate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/operate"
)

// ranOf returns the ARN of the only state machine that has executions in the runs of a
// stack, or of the only one of them that a job names.
func (s *session) ranOf(stack, job string) (string, error) {
	folders, err := runs.All()
	if err != nil {
		return "", err
	}
	var of, others []string
	for _, folder := range folders {
		start, err := runs.ReadStart(folder)
		if err != nil {
			continue // it did not begin
		}
		if start.StackName == stack || start.Stack == stack {
			of = append(of, folder)
		} else if !slices.Contains(others, start.StackName) {
			others = append(others, start.StackName)
		}
	}
	if len(of) == 0 {
		slices.Sort(others)
		return "", fmt.Errorf("--stack: got %s, of which this folder has no run, expected one of: %s", stack, strings.Join(others, ", "))
	}
	machines, err := ranIn(of)
	if err != nil {
		return "", err
	}
	return operate.Choose(stack, job, machines)
}

// ranIn returns the state machines that have executions in the folders of runs.
func ranIn(folders []string) (machines []operate.Machine, err error) {
	executions, err := archive.Open(folders...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, executions.Close()) }()
	all, err := executions.Executions()
	for i := range all {
		m := operate.Machine{ARN: all[i].StateMachineARN}
		if !slices.Contains(machines, m) {
			machines = append(machines, m)
		}
	}
	return machines, err
}
