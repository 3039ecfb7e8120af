package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/filelock"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/regular"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// The files of a folder.
const (
	executionsFile = "executions.jsonl"
	historyFile    = "history.jsonl"
	indexFile      = "history.index"
	childrenFile   = "children.jsonl"
)

// line is a line of executions.jsonl. It has one member.
type line struct {
	StateMachine *StateMachine `json:"stateMachine,omitempty"`
	Execution    *Execution    `json:"execution,omitempty"`
	MapRun       *MapRun       `json:"mapRun,omitempty"`
}

// entry is what is kept of an execution: all but its input and output, which are in
// a line of the file.
type entry struct {
	Execution
	offset int64
	length int
}

// folder is the archive of one folder.
type folder struct {
	path     string
	recorder *Recorder // nil unless this process writes

	mutex    sync.Mutex
	file     *os.File // executions.jsonl, to read; nil until it exists
	read     int64    // so many bytes of it
	entries  map[string]*entry
	order    []*entry // as they started
	runs     map[string]*MapRun
	runOrder []*MapRun
	machines []StateMachine
	running  map[string]runningChild // by ARN; in this process only
	listed   map[string]Execution    // by ARN, children that have ended and were listed last

	events events // of history.jsonl
}

// runningChild is a child execution that runs.
type runningChild struct {
	mapRun  string
	items   int
	start   time.Time
	history int64 // events of the folder before its first one
}

func newFolder(path string) *folder {
	return &folder{path: path, entries: map[string]*entry{}, runs: map[string]*MapRun{}, running: map[string]runningChild{}, listed: map[string]Execution{}, events: events{folder: path}}
}

func (f *folder) name(file string) string { return filepath.Join(f.path, file) }

func (f *folder) close() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.closeLocked()
}

// closeLocked closes the files. What is read later opens them again.
func (f *folder) closeLocked() error {
	err := f.events.close()
	if f.file != nil {
		err = errors.Join(err, f.file.Close())
		f.file = nil
	}
	return err
}

// refresh reads what was added to executions.jsonl. If the process that wrote it is
// gone, what still ran there is marked as interrupted.
func (f *folder) refresh() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.refreshLocked()
}

func (f *folder) refreshLocked() error {
	if f.recorder != nil { // what it writes is known already
		return f.recorder.flush()
	}
	if err := f.readOn(); err != nil || f.file == nil {
		return err
	}
	if f.runningLocked() && !filelock.Locked(f.name(executionsFile)) {
		if err := f.readOn(); err != nil { // it may have ended just now
			return err
		}
		_, err := f.interruptLocked()
		return err
	}
	return nil
}

// readOn reads the complete lines that were added.
func (f *folder) readOn() error {
	if f.file == nil {
		file, err := regular.Open(f.name(executionsFile))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		f.file = file
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f.file, f.read, 1<<62-f.read), 1<<16)
	for {
		text, err := r.ReadBytes('\n')
		if err == io.EOF { // what is not a complete line yet is read later
			return nil
		}
		if err != nil {
			return err
		}
		var l line
		if json.Unmarshal(text, &l) == nil { // else a process was killed while it wrote
			f.apply(l, f.read, len(text))
		}
		f.read += int64(len(text))
	}
}

// apply takes a line of executions.jsonl.
func (f *folder) apply(l line, offset int64, length int) {
	switch {
	case l.StateMachine != nil:
		f.machines = slices.DeleteFunc(f.machines, func(m StateMachine) bool { return m.ARN == l.StateMachine.ARN })
		f.machines = append(f.machines, *l.StateMachine)
	case l.Execution != nil:
		x := *l.Execution
		x.Input, x.Output, x.Folder = "", "", f.path
		e := f.entries[x.ARN]
		if e != nil && e.Status != engine.Running && x.Status == engine.Running { // another one of that ARN
			f.order = slices.DeleteFunc(f.order, func(other *entry) bool { return other == e })
			e = nil
		}
		if e == nil {
			e = &entry{}
			f.entries[x.ARN] = e
			f.order = append(f.order, e)
		}
		*e = entry{x, offset, length}
	case l.MapRun != nil:
		run := f.runs[l.MapRun.ARN]
		if run == nil {
			run = &MapRun{}
			f.runs[l.MapRun.ARN] = run
			f.runOrder = append(f.runOrder, run)
		}
		*run = *l.MapRun
	}
}

func (f *folder) runningLocked() bool {
	return slices.ContainsFunc(f.order, func(e *entry) bool { return e.Status == engine.Running })
}

// interruptLocked ends executions and Map Runs whose process is gone, and returns
// their lines.
func (f *folder) interruptLocked() ([]line, error) {
	stop := time.Now()
	if info, err := os.Stat(f.name(historyFile)); err == nil {
		stop = info.ModTime()
	}
	var ended []line
	for _, e := range f.order {
		if e.Status != engine.Running {
			continue
		}
		x, err := f.completeLocked(&e.Execution)
		if err != nil {
			return nil, err
		}
		x.Status, x.Stop = engine.Aborted, stop
		x.Error, x.Cause = protocol.ErrorInterrupted, "the process that ran the execution has ended"
		e.Status, e.Stop, e.Error, e.Cause = x.Status, x.Stop, x.Error, x.Cause
		ended = append(ended, line{Execution: x})
	}
	for _, run := range f.runOrder {
		if run.Status != engine.Running {
			continue
		}
		run.Status, run.Stop = engine.Aborted, stop
		run.Items.Aborted, run.Items.Running = run.Items.Aborted+run.Items.Running, 0
		run.Executions.Aborted, run.Executions.Running = run.Executions.Aborted+run.Executions.Running, 0
		ended = append(ended, line{MapRun: run})
	}
	return ended, nil
}

func (f *folder) execution(arn string) (*Execution, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.refreshLocked(); err != nil {
		return nil, err
	}
	if e := f.entries[arn]; e != nil {
		x := e.Execution
		return &x, nil
	}
	if !isChild(arn) {
		return nil, nil
	}
	if child, ok := f.running[arn]; ok {
		x := child.execution(arn)
		x.Folder = f.path
		return &x, nil
	}
	if x, ok := f.listed[arn]; ok {
		return &x, nil
	}
	return f.child(arn)
}

// complete returns an execution with its input and output.
func (f *folder) complete(x *Execution) (*Execution, error) {
	if x.MapRunARN != "" {
		return x, f.events.complete(x)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.completeLocked(x)
}

func (f *folder) completeLocked(x *Execution) (*Execution, error) {
	e := f.entries[x.ARN]
	text := make([]byte, e.length)
	if _, err := f.file.ReadAt(text, e.offset); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name(executionsFile), err)
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name(executionsFile), err)
	}
	all := e.Execution // whose status may be newer
	all.Input, all.Output = l.Execution.Input, l.Execution.Output
	return &all, nil
}

func (f *folder) executions() ([]Execution, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	err := f.refreshLocked()
	list := make([]Execution, 0, len(f.order))
	for _, e := range f.order {
		list = append(list, e.Execution)
	}
	return list, err
}

func (f *folder) mapRun(arn string) (*MapRun, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	err := f.refreshLocked()
	run := f.runs[arn]
	if run == nil {
		return nil, err
	}
	now := *run // a copy: the original changes
	return &now, err
}

func (f *folder) mapRuns(execution string) (list []MapRun, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	err = f.refreshLocked()
	for _, run := range slices.Backward(f.runOrder) {
		if run.ExecutionARN == execution {
			list = append(list, *run)
		}
	}
	return list, err
}

func (f *folder) stateMachines() ([]StateMachine, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	err := f.refreshLocked()
	return slices.Clone(f.machines), err
}

// isChild reports whether an ARN is that of a child of a Map Run:
// arn:…:execution:STATE_MACHINE/LABEL:NAME.
func isChild(execution string) bool { return strings.Contains(execution, "/") }

func (c *runningChild) execution(arn string) Execution {
	return Execution{ARN: arn, StateMachineARN: statesarn.StateMachineARN(arn), Name: statesarn.ExecutionName(arn), Status: engine.Running, Start: c.start, MapRunARN: c.mapRun, Items: c.items, History: c.history}
}

// childLine is a line of children.jsonl.
type childLine struct {
	MapRunARN string        `json:"mapRunArn"`
	ARN       string        `json:"arn"`
	Status    engine.Status `json:"status"`
	Start     time.Time     `json:"start"`
	Stop      time.Time     `json:"stop"`
	Items     int           `json:"items"`
	Error     string        `json:"error,omitempty"`

	// History and HistoryEnd are those of Execution.
	History    int64 `json:"history,omitempty"`
	HistoryEnd int64 `json:"historyEnd,omitempty"`
}

// childOf returns the child of a line; an empty one if the line is broken.
func (f *folder) childOf(text []byte) Execution {
	var l childLine
	if json.Unmarshal(text, &l) != nil {
		return Execution{}
	}
	return Execution{ARN: l.ARN, StateMachineARN: statesarn.StateMachineARN(l.ARN), Name: statesarn.ExecutionName(l.ARN), Status: l.Status, Start: l.Start, Stop: l.Stop,
		MapRunARN: l.MapRunARN, Items: l.Items, Error: l.Error, Folder: f.path, History: l.History, HistoryEnd: l.HistoryEnd}
}

// child finds a child execution that has ended.
func (f *folder) child(arn string) (found *Execution, err error) {
	quoted, _ := json.Marshal(arn)
	err = linesBackward(f.name(childrenFile), -1, func(text []byte, _ int64) bool {
		if !bytes.Contains(text, quoted) {
			return true
		}
		x := f.childOf(text)
		if x.ARN != arn {
			return true
		}
		found = &x
		return false
	})
	return found, err
}

// children yields the children of a Map Run. A position is that of a line of
// children.jsonl, or before it the number of running children, as a negative number.
func (f *folder) children(mapRun string, from int64, yield func(Execution, int64) bool) error {
	if from <= 0 {
		for i, x := range f.runningChildren(mapRun) {
			if at := int64(-i - 1); at < from || from == 0 {
				x.Folder = f.path
				if !yield(x, at) {
					return nil
				}
			}
		}
		from = -1
	}
	quoted, _ := json.Marshal(mapRun)
	return linesBackward(f.name(childrenFile), from, func(text []byte, at int64) bool {
		if !bytes.Contains(text, quoted) {
			return true
		}
		x := f.childOf(text)
		if x.MapRunARN != mapRun {
			return true
		}
		f.remember(x)
		return yield(x, at)
	})
}

// remember keeps a child that has ended: what is listed is often asked for next, and a
// search in children.jsonl takes long.
func (f *folder) remember(x Execution) {
	const most = 4096
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.listed) >= most {
		clear(f.listed)
	}
	f.listed[x.ARN] = x
}

func (f *folder) runningChildren(mapRun string) (list []Execution) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for arn, child := range f.running {
		if child.mapRun == mapRun {
			list = append(list, child.execution(arn))
		}
	}
	slices.SortFunc(list, Newest)
	return list
}
