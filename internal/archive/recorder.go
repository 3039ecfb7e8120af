package archive

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/filelock"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
)

// Recorder records executions in a folder. It is an [engine.MapObserver] of any
// number of runs, and safe for concurrent use.
type Recorder struct {
	folder *folder

	// The folder's mutex, which is locked first, guards these.
	executions, children *output
	due                  map[string]bool // Map Runs by ARN whose counts will be written

	mutex          sync.Mutex // guards these
	history, index *output
	events         int64 // in the history
	pending        bool  // a flush will follow
	closed         bool
	err            error
}

// output is a file that grows.
type output struct {
	file *os.File
	*bufio.Writer
	size int64
}

func openOutput(path string) (*output, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	size, err := file.Seek(0, io.SeekEnd)
	return &output{file, bufio.NewWriterSize(file, 1<<16), size}, err
}

func (o *output) Write(text []byte) (int, error) {
	o.size += int64(len(text))
	return o.Writer.Write(text)
}

// cut cuts off what follows an offset.
func (o *output) cut(size int64) error {
	o.size = size
	_, err := o.file.Seek(size, io.SeekStart)
	return errors.Join(o.file.Truncate(size), err)
}

func (o *output) close() error {
	if o == nil {
		return nil
	}
	return errors.Join(o.Flush(), o.file.Close())
}

// ErrInUse is returned for a folder in which another process records.
var ErrInUse = errors.New("another process runs executions in this folder")

// Record opens a folder to record executions in it, besides those that it has. If
// they still ran when their process ended, they are ABORTED now.
func Record(path string) (_ *Recorder, err error) {
	r := &Recorder{folder: newFolder(path), due: map[string]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	for _, o := range []struct {
		at   **output
		name string
	}{{&r.executions, executionsFile}, {&r.children, childrenFile}, {&r.history, historyFile}, {&r.index, indexFile}} {
		if *o.at, err = openOutput(r.folder.name(o.name)); err != nil {
			return nil, err
		}
		if o.at != &r.executions {
			continue
		}
		switch err := filelock.Lock(r.executions.file); {
		case errors.Is(err, filelock.ErrLocked):
			return nil, fmt.Errorf("%s: %w", path, ErrInUse)
		case err != nil:
			return nil, err
		}
	}
	f := r.folder
	if err := f.readOn(); err != nil {
		return nil, err
	}
	if err := r.mend(); err != nil {
		return nil, err
	}
	ended, err := f.interruptLocked()
	if err != nil {
		return nil, err
	}
	f.recorder = r
	for _, l := range ended {
		r.write(l)
	}
	return r, r.flush()
}

// mend cuts off what a process that was killed has written in part, and adds to the
// index what it lacks.
func (r *Recorder) mend() error {
	if err := r.executions.cut(r.folder.read); err != nil {
		return err
	}
	children := int64(0)
	err := linesBackward(r.folder.name(childrenFile), -1, func(text []byte, at int64) bool {
		children = at + int64(len(text)) + 1
		return false
	})
	if err != nil {
		return err
	}
	end, err := r.lastEvent()
	if err != nil {
		return err
	}
	if err := errors.Join(r.children.cut(children), r.index.cut(r.events*indexSize)); err != nil {
		return err
	}
	if end, err = r.indexAgain(end); err != nil {
		return err
	}
	return r.history.cut(end)
}

// lastEvent counts the events that are indexed and complete, and returns where the
// last one ends. The end of an index may be missing or have other content: after the
// machine has stopped, files may lack what was written last.
func (r *Recorder) lastEvent() (end int64, err error) {
	stored := &r.folder.events
	if ok, err := stored.open(); !ok || err != nil {
		return 0, err
	}
	last := make([]byte, indexSize)
	for r.events = r.index.size / indexSize; r.events > 0; r.events-- {
		if _, err := r.index.file.ReadAt(last, (r.events-1)*indexSize); err != nil {
			return 0, err
		}
		offset := int64(binary.LittleEndian.Uint64(last[8:]))
		if offset < 0 {
			continue
		}
		text, err := stored.at(offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if arn := executionOf(text); err == nil && arn != "" && hash(arn) == binary.LittleEndian.Uint64(last) {
			return offset + int64(len(text)) + 1, nil
		}
	}
	return 0, nil
}

// indexAgain adds the events that follow an offset to the index, and returns where
// the last complete line ends.
func (r *Recorder) indexAgain(from int64) (end int64, err error) {
	lines := bufio.NewReaderSize(io.NewSectionReader(r.history.file, from, 1<<62-from), 1<<16)
	for {
		text, err := lines.ReadBytes('\n')
		if err == io.EOF { // the line is not complete
			return from, nil
		}
		if err != nil {
			return 0, err
		}
		if arn := executionOf(text); arn != "" {
			if err := r.addIndex(arn, from); err != nil {
				return 0, err
			}
			r.events++
		}
		from += int64(len(text))
	}
}

// addIndex adds the event at an offset to the index.
func (r *Recorder) addIndex(arn string, offset int64) error {
	at := binary.LittleEndian.AppendUint64(nil, hash(arn))
	_, err := r.index.Write(binary.LittleEndian.AppendUint64(at, uint64(offset)))
	return err
}

// executionOf returns the ARN of the execution that an event is of; empty for a line
// that is no event.
func executionOf(line []byte) string {
	var e struct {
		ExecutionARN string `json:"executionArn"`
	}
	_ = json.Unmarshal(line, &e)
	return e.ExecutionARN
}

// Archive returns what is recorded, and stays up to date. It needs no Close.
func (r *Recorder) Archive() *Archive { return &Archive{[]*folder{r.folder}} }

// Flush writes what is recorded to the folder, where other processes read it.
func (r *Recorder) Flush() error { return r.folder.refresh() }

// StateMachine records a state machine.
func (r *Recorder) StateMachine(m StateMachine) {
	r.folder.mutex.Lock()
	defer r.folder.mutex.Unlock()
	r.write(line{StateMachine: &m})
}

// Begin records an execution before its first event: a task of another one may ask
// for it. Executions that are not begun begin with their first event.
func (r *Recorder) Begin(arn, input string, start time.Time) {
	r.folder.mutex.Lock()
	defer r.folder.mutex.Unlock()
	r.begin(arn, input, start, r.counted())
}

func (r *Recorder) begin(arn, input string, start time.Time, events int64) {
	r.write(line{Execution: &Execution{ARN: arn, StateMachineARN: statesarn.StateMachineARN(arn), Name: statesarn.ExecutionName(arn),
		Status: engine.Running, Start: start, Input: input, History: events}})
}

// End records the end of an execution that has no event of it.
func (r *Recorder) End(arn string, status engine.Status, name, cause string, stop time.Time) {
	r.folder.mutex.Lock()
	defer r.folder.mutex.Unlock()
	r.end(arn, Execution{Status: status, Error: name, Cause: cause, Stop: stop})
}

func (r *Recorder) end(arn string, ended Execution) {
	e := r.folder.entries[arn]
	if e == nil || e.Status != engine.Running {
		return
	}
	err := r.executions.Flush() // its line is read
	var x *Execution
	if err == nil {
		x, err = r.folder.completeLocked(&e.Execution)
	}
	if err != nil {
		r.keep(err)
		return
	}
	x.Status, x.Stop, x.Output, x.Error, x.Cause = ended.Status, ended.Stop, ended.Output, ended.Error, ended.Cause
	r.write(line{Execution: x})
}

// endings are the statuses of executions by their last events.
var endings = map[event.Type]engine.Status{
	event.ExecutionSucceeded: engine.Succeeded, event.ExecutionFailed: engine.Failed,
	event.ExecutionTimedOut: engine.TimedOut, event.ExecutionAborted: engine.Aborted,
}

// Event records an event: see [engine.WithHistory].
func (r *Recorder) Event(e event.Event) {
	number := r.addEvent(e)
	status, ends := endings[e.Type]
	if !ends && e.Type != event.ExecutionStarted || isChild(e.ExecutionARN) {
		return
	}
	text := ""
	if e.Data.HasValue {
		text = value.Text(e.Data.Value)
	}
	f := r.folder
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if ends {
		r.end(e.ExecutionARN, Execution{Status: status, Output: text, Error: e.Data.Error, Cause: e.Data.Cause, Stop: e.Time})
	} else if known := f.entries[e.ExecutionARN]; known == nil || known.Status != engine.Running {
		r.begin(e.ExecutionARN, text, e.Time, number)
	}
}

// addEvent writes an event, and returns its number.
func (r *Recorder) addEvent(e event.Event) int64 {
	text, err := e.MarshalJSON()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err == nil && r.index.Available() < indexSize { // no index of an event that is not there
		err = r.history.Flush()
	}
	if err == nil {
		err = r.addIndex(e.ExecutionARN, r.history.size)
	}
	if err == nil {
		_, err = r.history.Write(append(text, '\n'))
	}
	if r.err == nil {
		r.err = err
	}
	r.flushSoon()
	r.events++
	return r.events - 1
}

func (r *Recorder) counted() int64 {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.events
}

// write appends a line to executions.jsonl. The folder is locked.
func (r *Recorder) write(l line) {
	text, err := json.Marshal(l)
	if err == nil {
		text = append(text, '\n')
		offset := r.executions.size
		_, err = r.executions.Write(text)
		r.folder.apply(l, offset, len(text))
		r.folder.read = r.executions.size
	}
	r.keep(err)
}

// keep keeps an error for Close.
func (r *Recorder) keep(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.flushSoon()
}

// delay is how long a line may wait to be written.
const delay = 200 * time.Millisecond

func (r *Recorder) flushSoon() {
	if r.pending {
		return
	}
	r.pending = true
	time.AfterFunc(delay, func() {
		r.folder.mutex.Lock()
		defer r.folder.mutex.Unlock()
		_ = r.flush() // the writers keep an error for Close
	})
}

// flush writes what is buffered. The folder is locked.
func (r *Recorder) flush() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.pending = false
	if r.closed {
		return nil
	}
	return errors.Join(r.executions.Flush(), r.children.Flush(), r.history.Flush(), r.index.Flush())
}

// Close writes what is left, and reports the first error. Its archive can still be
// read.
func (r *Recorder) Close() error {
	f := r.folder
	f.mutex.Lock()
	defer f.mutex.Unlock()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return nil
	}
	r.closed, f.recorder = true, nil
	errs := []error{r.err, f.closeLocked()}
	for _, o := range []*output{r.history, r.index, r.children, r.executions} { // the last one has the lock
		errs = append(errs, o.close())
	}
	return errors.Join(errs...)
}
