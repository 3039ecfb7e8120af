package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/mapjob/mapjob/internal/regular"
)

// An event of history.jsonl has 16 bytes of history.index: a hash of its execution's
// ARN, and its offset. An event's number counts both from 0.
const indexSize = 16

func hash(arn string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, arn)
	return h.Sum64()
}

// events reads the events of a folder.
type events struct {
	folder string

	reading        sync.RWMutex // held while the files are read, and to close them
	mutex          sync.Mutex   // of what follows
	history, index *os.File     // nil until they are needed
}

// close waits for those who read the files.
func (e *events) close() error {
	e.reading.Lock()
	defer e.reading.Unlock()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	var errs []error
	for _, file := range []*os.File{e.history, e.index} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	e.history, e.index = nil, nil
	return errors.Join(errs...)
}

// open opens the files. It reports whether they exist.
func (e *events) open() (bool, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.index != nil {
		return true, nil
	}
	history, err := regular.Open(filepath.Join(e.folder, historyFile))
	if err == nil {
		e.index, err = regular.Open(filepath.Join(e.folder, indexFile))
	}
	if err != nil {
		if history != nil {
			history.Close()
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return false, err
	}
	e.history = history
	return true, nil
}

// count returns the number of events that are indexed.
func (e *events) count() (int64, error) {
	info, err := e.index.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size() / indexSize, nil
}

// Event is an event of a history, as a line of history.jsonl.
type Event struct {
	Text json.RawMessage
	// Number counts the events of the folder from 0.
	Number int64
}

// History calls yield with the events of an execution until it returns false: from the
// event with a number on, or backward from the one before it if reverse is true. With
// -1 it begins at the first event, or at the last one. It reports whether there is such
// an execution.
func (a *Archive) History(arn string, from int64, reverse bool, yield func(Event) bool) (bool, error) {
	f, x, err := a.find(arn)
	if x == nil || err != nil {
		return false, err
	}
	return true, f.events.each(x, from, reverse, yield)
}

// each yields the events of an execution, as [Archive.History] does.
func (e *events) each(x *Execution, from int64, reverse bool, yield func(Event) bool) error {
	e.reading.RLock()
	defer e.reading.RUnlock()
	ok, err := e.open()
	if !ok || err != nil {
		return err
	}
	until, err := e.count()
	if err != nil {
		return err
	}
	if x.HistoryEnd > 0 {
		until = min(until, x.HistoryEnd)
	}
	quoted, _ := json.Marshal(x.ARN)
	head := fmt.Appendf(nil, `{"executionArn":%s,`, quoted)
	one := func(number, offset int64) (more bool, err error) {
		text, err := e.at(offset)
		if errors.Is(err, io.EOF) { // it was not written, and so none that follows it
			return reverse, nil
		}
		if err != nil || !bytes.HasPrefix(text, head) { // the hash of another ARN
			return err == nil, err
		}
		return yield(Event{text, number}), nil
	}
	if reverse {
		if from < 0 || from > until {
			from = until
		}
		return e.backward(hash(x.ARN), x.History, from, one)
	}
	return e.forward(hash(x.ARN), max(from, x.History), until, one)
}

// block is how many events are looked up at once.
const block = 4096

func (e *events) forward(h uint64, from, until int64, yield func(number, offset int64) (bool, error)) error {
	buffer := make([]byte, block*indexSize)
	for ; from < until; from += block {
		n := min(block, until-from)
		if _, err := e.index.ReadAt(buffer[:n*indexSize], from*indexSize); err != nil {
			return err
		}
		for i := range n {
			if at := buffer[i*indexSize:]; binary.LittleEndian.Uint64(at) == h {
				more, err := yield(from+i, int64(binary.LittleEndian.Uint64(at[8:])))
				if !more || err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (e *events) backward(h uint64, first, before int64, yield func(number, offset int64) (bool, error)) error {
	buffer := make([]byte, block*indexSize)
	for before > first {
		n := min(block, before-first)
		before -= n
		if _, err := e.index.ReadAt(buffer[:n*indexSize], before*indexSize); err != nil {
			return err
		}
		for i := n - 1; i >= 0; i-- {
			if at := buffer[i*indexSize:]; binary.LittleEndian.Uint64(at) == h {
				more, err := yield(before+i, int64(binary.LittleEndian.Uint64(at[8:])))
				if !more || err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// at returns the line at an offset.
func (e *events) at(offset int64) ([]byte, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(e.history, offset, 1<<62-offset), 4096)
	text, err := r.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(e.folder, historyFile), err)
	}
	return bytes.TrimSuffix(text, []byte("\n")), nil
}

// complete sets the input and the output of a child from its first and last event.
func (e *events) complete(x *Execution) error {
	var started struct {
		Details struct{ Input string } `json:"executionStartedEventDetails"`
	}
	var ended struct {
		Succeeded struct{ Output string } `json:"executionSucceededEventDetails"`
		Failed    struct{ Cause string }  `json:"executionFailedEventDetails"`
		TimedOut  struct{ Cause string }  `json:"executionTimedOutEventDetails"`
		Aborted   struct{ Cause string }  `json:"executionAbortedEventDetails"`
	}
	var broken error
	take := func(into any) func(Event) bool {
		return func(e Event) bool {
			broken = errors.Join(broken, json.Unmarshal(e.Text, into))
			return false
		}
	}
	err := errors.Join(e.each(x, -1, false, take(&started)), e.each(x, -1, true, take(&ended)), broken)
	x.Input, x.Output = started.Details.Input, ended.Succeeded.Output
	x.Cause = cmp.Or(ended.Failed.Cause, ended.TimedOut.Cause, ended.Aborted.Cause)
	return err
}
