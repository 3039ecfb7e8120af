// Package measured reads what a run on this machine measured: what its executions used,
// how long items took, and how large they are.
package measured

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/regular"
)

// Run is what a run of a job measured, without its reruns.
type Run struct {
	// Definition and StateMachine, an ARN, are those of the execution.
	Definition, StateMachine string
	Status                   engine.Status
	// Items are those with an outcome, Failed those of them that failed.
	Items, Failed int
	// Counts are what the execution and its children used, without other state machines
	// that it started.
	Counts *Counting
	// Time is how long an item took on this machine. If ByChild is set, the job does not
	// say that, and Time is how long a child execution took, divided by its items.
	Time    plan.Time
	ByChild bool
	// ItemBytes and ResultBytes are means, 0 if they are not known.
	ItemBytes, ResultBytes int
	// ItemsAtOnce is how many items of an invocation were under way at once, on average,
	// while there were any; 0 if it is not known.
	ItemsAtOnce float64
	// MostMemory is the most memory, in MB, that a process of each function was seen to
	// use, by the names of the functions; nil if it is not known.
	MostMemory map[string]int
}

// start is what the file of a run says how it was started.
type start struct {
	StateMachineARN string         `json:"stateMachineArn"`
	MemoryMB        map[string]int `json:"memoryMB"`
}

// Read reads the folder of a run.
func Read(folder string) (*Run, error) {
	run, err := read(folder)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", filepath.Base(folder), err)
	}
	return run, nil
}

func read(folder string) (_ *Run, err error) {
	var s start
	text, err := regular.ReadFile(filepath.Join(folder, "run.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run.json: %w", err)
	}
	kept, err := archive.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	x, err := firstOf(kept, s.StateMachineARN)
	if err != nil {
		return nil, err
	}
	run := &Run{StateMachine: x.StateMachineARN, Status: x.Status, Counts: Counter(), MostMemory: s.MemoryMB}
	machines, err := kept.StateMachines()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(machines, func(m archive.StateMachine) bool { return m.ARN == x.StateMachineARN }); i >= 0 {
		run.Definition = machines[i].Definition
	}
	children, err := childrenOf(kept, x)
	if err != nil {
		return nil, err
	}
	inputs, err := run.readHistory(folder, x.ARN, children)
	if err != nil {
		return nil, err
	}
	if err := run.readOutcomes(folder, inputs); err != nil {
		return nil, err
	}
	if run.Time.Mean() == 0 {
		run.Time, run.ByChild = timeOf(children), true
	}
	return run, nil
}

// firstOf returns the first execution of a state machine, which is that of the run:
// reruns follow. If the run does not say which state machine is its job, it is the first
// execution of all, since those that others start begin later.
func firstOf(kept *archive.Archive, machine string) (*archive.Execution, error) {
	all, err := kept.Executions()
	if err != nil {
		return nil, err
	}
	for _, x := range slices.Backward(all) {
		if machine == "" || x.StateMachineARN == machine {
			return &x, nil
		}
	}
	return nil, errors.New("got no execution of its job, expected one")
}

// childrenOf returns the children of an execution that have ended, by their ARNs.
func childrenOf(kept *archive.Archive, x *archive.Execution) (map[string]archive.Execution, error) {
	runs, err := kept.MapRuns(x.ARN)
	if err != nil {
		return nil, err
	}
	children := map[string]archive.Execution{}
	for _, run := range runs {
		err := kept.Children(run.ARN, 0, func(child archive.Execution, _ int64) bool {
			children[child.ARN] = child
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return children, nil
}

// Choices returns the state that followed each Choice state most often, by their names.
func (r *Run) Choices() map[string]string {
	choices := map[string]string{}
	for name, s := range r.Counts.States {
		for next, n := range s.Next {
			most, chosen := choices[name]
			if !chosen || n > s.Next[most] || n == s.Next[most] && next < most {
				choices[name] = next
			}
		}
	}
	return choices
}

// Crashed returns the share of the attempts of workers that were retried, of those on a
// path.
func (r *Run) Crashed(path []plan.Step) float64 {
	retries, attempts := r.crashed(path)
	if attempts == 0 {
		return 0
	}
	return float64(retries) / float64(attempts)
}

// WorkerMemory returns the most memory, in MB, that the workers on a path used, 0 if it
// is not known.
func (r *Run) WorkerMemory(path []plan.Step) (most int) {
	for i := range path {
		step := &path[i]
		most = max(most, r.WorkerMemory(step.Inner))
		if state := r.Counts.States[step.State]; state != nil && step.Call != nil && step.Call.Role == plan.Worker {
			name := state.Function[strings.LastIndexByte(state.Function, ':')+1:] // of an ARN
			most = max(most, r.MostMemory[name])
		}
	}
	return most
}

func (r *Run) crashed(path []plan.Step) (retries, attempts int) {
	for i := range path {
		step := &path[i]
		if state := r.Counts.States[step.State]; state != nil && step.Call != nil && step.Call.Role == plan.Worker {
			retries += state.Retries
			attempts += state.Entries + state.Retries
		}
		more, of := r.crashed(step.Inner)
		retries, attempts = retries+more, attempts+of
	}
	return retries, attempts
}
