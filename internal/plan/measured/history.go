package measured

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/regular"
)

// readHistory counts the events of an execution and its children. It returns what the
// children, or the iterations of an Inline Map, got.
func (r *Run) readHistory(folder, execution string, children map[string]archive.Execution) (*inputs, error) {
	file, err := regular.Open(filepath.Join(folder, "history.jsonl"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := &inputs{folder: folder}
	iterations := map[int64]bool{} // events with which they begin
	number := 0
	err = jsonl.EachLine(file, func(line []byte) error {
		number++
		e, err := readEvent(line)
		if err != nil {
			return fmt.Errorf("history.jsonl: event %d: %w", number, err)
		}
		_, child := children[e.execution]
		if !child && e.execution != execution {
			return nil
		}
		if err := e.readDetails(line); err != nil {
			return fmt.Errorf("history.jsonl: event %d: %w", number, err)
		}
		r.Counts.add(&e.entry)
		switch {
		case child && e.kind == event.ExecutionStarted:
			in.add(e.input)
		case !child && len(children) == 0 && e.kind == event.MapIterationStarted:
			iterations[e.id] = true
		case iterations[e.previous] && e.state != "":
			in.add(e.input)
		}
		return nil
	})
	r.ItemBytes = in.mean()
	return in, err
}

// line is an event of the file.
type line struct {
	entry
	input string
}

// readEvent reads the beginning of an event, which archives write in this order:
// {"executionArn":"…","id":1,"previousEventId":0,"timestamp":"…","type":"…".
func readEvent(text []byte) (line, error) {
	rest, wrong := text, false
	field := func(name, end string) string {
		after, ok := bytes.CutPrefix(rest, []byte(name))
		value, more, ended := bytes.Cut(after, []byte(end))
		wrong = wrong || !ok || !ended
		rest = more
		return string(value)
	}
	var e line
	e.execution = field(`{"executionArn":"`, `",`)
	id, idErr := strconv.ParseInt(field(`"id":`, ","), 10, 64)
	previous, previousErr := strconv.ParseInt(field(`"previousEventId":`, ","), 10, 64)
	at, atErr := time.Parse(time.RFC3339, field(`"timestamp":"`, `",`))
	e.kind = event.Type(field(`"type":"`, `"`))
	e.id, e.previous, e.at = id, previous, at
	if err := errors.Join(idErr, previousErr, atErr); wrong || err != nil {
		return line{}, fmt.Errorf("got %.200q, expected an event with its execution, number, time and type", text)
	}
	return e, nil
}

// readDetails reads what counts of the data of an event.
func (e *line) readDetails(text []byte) error {
	var d struct {
		Entered   struct{ Name, Input string }                        `json:"stateEnteredEventDetails"`
		Scheduled struct{ ResourceType, Resource, Parameters string } `json:"taskScheduledEventDetails"`
		Function  struct{ Resource string }                           `json:"lambdaFunctionScheduledEventDetails"`
		Started   struct{ Input string }                              `json:"executionStartedEventDetails"`
	}
	entered := strings.HasSuffix(string(e.kind), "StateEntered")
	if !entered && e.kind != event.TaskScheduled && e.kind != event.LambdaFunctionScheduled && e.kind != event.ExecutionStarted {
		return nil
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	switch {
	case entered:
		e.state, e.input = d.Entered.Name, d.Entered.Input
	case e.kind == event.ExecutionStarted:
		e.input = d.Started.Input
	case e.kind == event.LambdaFunctionScheduled:
		e.function = d.Function.Resource
	case invokes(d.Scheduled.ResourceType, d.Scheduled.Resource):
		var parameters struct{ FunctionName string }
		err := json.Unmarshal([]byte(d.Scheduled.Parameters), &parameters)
		e.function = parameters.FunctionName
		return err
	}
	return nil
}

// inputs are what children or iterations got.
type inputs struct {
	folder string
	items  int // whose bytes are known
	bytes  int64
	firsts []int // indexes of the first items
}

// batch is what a child gets: items, or the address of a chunk.
type batch struct {
	Items []json.RawMessage
	Chunk *protocol.Chunk
}

// add adds an input. One that is no batch is an item.
func (in *inputs) add(input string) {
	var b batch
	_ = json.Unmarshal([]byte(input), &b) // else it is no object
	switch {
	case b.Chunk != nil && b.Chunk.IsValid():
		in.firsts = append(in.firsts, b.Chunk.First)
		file := filepath.Join(in.folder, "s3", "buckets", b.Chunk.Bucket, filepath.FromSlash(b.Chunk.Key))
		if info, err := os.Stat(file); err == nil {
			in.items += b.Chunk.Count
			in.bytes += info.Size() - int64(b.Chunk.Count) // without the ends of lines
		} else if !errors.Is(err, fs.ErrNotExist) {
			return
		}
	case b.Items != nil:
		for i, text := range b.Items {
			var indexed struct {
				Index *int
				Item  json.RawMessage
			}
			_ = json.Unmarshal(text, &indexed)
			if indexed.Index == nil || indexed.Item == nil {
				indexed.Item = text
			} else if i == 0 {
				in.firsts = append(in.firsts, *indexed.Index)
			}
			in.items++
			in.bytes += int64(len(indexed.Item))
		}
	default:
		in.items++
		in.bytes += int64(len(input))
	}
}

// mean returns the mean of the items' bytes, 0 if it is not known.
func (in *inputs) mean() int {
	if in.items == 0 {
		return 0
	}
	return int((in.bytes + int64(in.items)/2) / int64(in.items))
}
