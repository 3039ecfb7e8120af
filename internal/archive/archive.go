// Package archive keeps executions in the folder of a run, and reads them again:
// what DescribeExecution, ListExecutions, GetExecutionHistory and DescribeMapRun
// answer, while they run and after the process has ended.
//
// A folder has four files:
//
//   - executions.jsonl: a line for each state machine, and for each execution and Map
//     Run when it starts and when it ends. The last line of an ARN counts;
//   - history.jsonl: the events of all executions, those of children included;
//   - history.index: where the events of an execution are in history.jsonl;
//   - children.jsonl: a line for each child execution that has ended.
//
// All of them only grow, so another process can read them meanwhile. Memory grows
// with executions that were started and with Map Runs, not with children or events.
package archive

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// Archive reads the executions of one or more folders. It is safe for concurrent use.
type Archive struct{ folders []*folder }

// Open opens the archives of folders. Folders without executions are ignored. It
// does not stop a process that runs executions in one of them.
func Open(folders ...string) (*Archive, error) {
	a := &Archive{}
	for _, path := range folders {
		f := newFolder(path)
		if err := f.refresh(); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		a.folders = append(a.folders, f)
	}
	return a, nil
}

// Close closes the files.
func (a *Archive) Close() error {
	var errs []error
	for _, f := range a.folders {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// Execution is an execution, as DescribeExecution returns it. Input and Output are
// JSON, and empty in a list.
type Execution struct {
	ARN             string        `json:"arn"`
	StateMachineARN string        `json:"stateMachineArn"`
	Name            string        `json:"name"`
	Status          engine.Status `json:"status"`
	Start           time.Time     `json:"start"`
	Stop            time.Time     `json:"stop,omitzero"`
	// MapRunARN and Items are those of a child of a Map Run. Items is their number.
	MapRunARN string `json:"mapRunArn,omitempty"`
	Items     int    `json:"items,omitempty"`
	Error     string `json:"error,omitempty"`
	Cause     string `json:"cause,omitempty"`
	Input     string `json:"input,omitempty"`
	Output    string `json:"output,omitempty"`
	// Folder is the folder that has it.
	Folder string `json:"-"`

	// History is how many events the folder had when the execution started, and
	// HistoryEnd when it had ended; 0 if that is not known.
	History    int64 `json:"history"`
	HistoryEnd int64 `json:"historyEnd,omitempty"`
}

// MapRun is a Map Run, as DescribeMapRun returns it.
type MapRun struct {
	ARN                 string        `json:"arn"`
	ExecutionARN        string        `json:"executionArn"`
	StateName           string        `json:"stateName"`
	Status              engine.Status `json:"status"`
	Start               time.Time     `json:"start"`
	Stop                time.Time     `json:"stop,omitzero"`
	MaxConcurrency      int           `json:"maxConcurrency"`
	ToleratedCount      int64         `json:"toleratedCount"`
	ToleratedPercentage float64       `json:"toleratedPercentage"`
	Items               Counts        `json:"items"`
	Executions          Counts        `json:"executions"`
	// Bucket and ManifestKey are the address of the ResultWriter's manifest.
	Bucket      string `json:"bucket,omitempty"`
	ManifestKey string `json:"manifestKey,omitempty"`
}

// Counts are the itemCounts or the executionCounts of DescribeMapRun.
type Counts struct {
	engine.MapRunCounts
	Running int
}

// StateMachine is a state machine, as DescribeStateMachine returns it.
type StateMachine struct {
	ARN        string      `json:"arn"`
	Name       string      `json:"name"`
	Type       engine.Type `json:"type"`
	Definition string      `json:"definition"`
	Created    time.Time   `json:"created"`
}

// Execution returns an execution, or a child of a Map Run; nil if there is none.
func (a *Archive) Execution(arn string) (*Execution, error) {
	f, x, err := a.find(arn)
	if x == nil || err != nil {
		return nil, err
	}
	return f.complete(x)
}

// find returns an execution, without its input and output, and its folder.
func (a *Archive) find(arn string) (*folder, *Execution, error) {
	for _, f := range a.folders {
		x, err := f.execution(arn)
		if x != nil || err != nil {
			return f, x, err
		}
	}
	return nil, nil, nil
}

// Executions returns all executions that were started from outside or by tasks, those
// that started last first, without inputs and outputs.
func (a *Archive) Executions() ([]Execution, error) {
	var all []Execution
	for _, f := range a.folders {
		list, err := f.executions()
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, Newest)
	return all, nil
}

// Newest compares executions: those that started last are first.
func Newest(a, b Execution) int {
	return cmp.Or(b.Start.Compare(a.Start), strings.Compare(a.ARN, b.ARN))
}

// Children calls yield with the children of a Map Run until it returns false: first
// those that run, then those that ended last. From is 0, or the position that yield got
// with the child before.
func (a *Archive) Children(mapRun string, from int64, yield func(child Execution, next int64) bool) error {
	for _, f := range a.folders {
		if run, err := f.mapRun(mapRun); err != nil || run != nil {
			if err == nil {
				err = f.children(mapRun, from, yield)
			}
			return err
		}
	}
	return nil
}

// MapRun returns a Map Run; nil if there is none.
func (a *Archive) MapRun(arn string) (*MapRun, error) {
	for _, f := range a.folders {
		if run, err := f.mapRun(arn); run != nil || err != nil {
			return run, err
		}
	}
	return nil, nil
}

// MapRuns returns the Map Runs of an execution, those that started last first.
func (a *Archive) MapRuns(execution string) ([]MapRun, error) {
	for _, f := range a.folders {
		if runs, err := f.mapRuns(execution); len(runs) > 0 || err != nil {
			return runs, err
		}
	}
	return nil, nil
}

// StateMachines returns the state machines, by their names. If several folders have
// one, that of the first folder counts.
func (a *Archive) StateMachines() ([]StateMachine, error) {
	var all []StateMachine
	for _, f := range a.folders {
		list, err := f.stateMachines()
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if !slices.ContainsFunc(all, func(other StateMachine) bool { return other.ARN == m.ARN }) {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b StateMachine) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
