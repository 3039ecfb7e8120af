// Package stub answers for a function that does not run on this machine, from a
// file of answers.
//
// A .json file is one answer to every invocation. A .jsonl file has an answer in
// each line, and the first line that fits is taken:
//
//	{"Match": {"sku": "A-1"}, "Return": {"price": 12}}
//	{"Match": {"sku": "B-2"}, "Times": 1, "Throw": {"Error": "Busy", "Cause": "try later", "Retryable": true}}
//	{"Return": {"price": 1}}
//
// A line fits if its Match is part of the input: an object fits if all its members
// fit, a list if it is as long and all its elements fit, anything else if it is
// equal. Without Match, or with one that is null, it always fits, and with Times
// only so often. Return and Throw are those of mocks of Step Functions Local.
//
// If the input is a batch of a job, each of its items is answered: Return is the
// item's output, and Throw its error.
package stub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Stub answers for a function. It is safe for concurrent use.
type Stub struct {
	file  string
	mutex sync.Mutex // guards the counts of the lines
	lines []*line
}

// line is one answer.
type line struct {
	Match  any // nil: every input
	Return json.RawMessage
	Throw  *thrown
	Times  *int // nil: always

	taken int
}

type thrown struct {
	Error, Cause string
	Retryable    bool // of an item
}

// noAnswer is the error of an input that no line fits.
const noAnswer = "Stub.NoAnswer"

// Read reads a file of answers. The error names the line.
func Read(file string) (*Stub, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := &Stub{file: file}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".json":
		if !json.Valid(text) {
			return nil, fmt.Errorf("%s: got text that is not JSON, expected one JSON document, the answer", file)
		}
		s.lines = []*line{{Return: text}}
	case ".jsonl", ".ndjson":
		n := 0
		for written := range bytes.Lines(text) {
			n++
			if len(bytes.TrimSpace(written)) == 0 {
				continue
			}
			l, err := parse(written)
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", file, n, err)
			}
			s.lines = append(s.lines, l)
		}
	default:
		return nil, fmt.Errorf("got file %s, expected one that ends in .json, with one answer, or .jsonl, with an answer in each line", file)
	}
	return s, nil
}

func parse(text []byte) (*line, error) {
	l := &line{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(l)
	switch {
	case err != nil:
		return nil, fmt.Errorf("got %s (%w), expected an object with Return or Throw, and Match or Times", bytes.TrimSpace(text), err)
	case (l.Return == nil) == (l.Throw == nil):
		return nil, fmt.Errorf("got %s, expected one of Return and Throw", bytes.TrimSpace(text))
	case l.Throw != nil && l.Throw.Error == "":
		return nil, fmt.Errorf("got %s, expected the name of an error in Throw.Error", bytes.TrimSpace(text))
	case l.Times != nil && *l.Times < 1:
		return nil, fmt.Errorf("got Times %d, expected at least 1", *l.Times)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("got %s, expected one object in each line", bytes.TrimSpace(text))
	}
	return l, nil
}

// Answer answers an invocation. If failed, the answer has an errorType and an
// errorMessage, as that of a function.
func (s *Stub) Answer(payload []byte) (answer []byte, failed bool) {
	var batch protocol.Batch[json.RawMessage]
	if json.Unmarshal(payload, &batch) == nil && batch.BatchInput.Execution != "" {
		if batch.Items == nil || batch.TaskToken != "" {
			return failure("Stub.Unsupported", "got a batch with a chunk or a task token, expected items: a stub can't answer these, give a command with --function"), true
		}
		return s.outcomes(&batch), false
	}
	l, err := s.find(payload)
	switch {
	case err != nil:
		return failure(noAnswer, err.Error()), true
	case l.Throw != nil:
		return failure(l.Throw.Error, l.Throw.Cause), true
	}
	return l.Return, false
}

// outcomes answers each item of a batch.
func (s *Stub) outcomes(batch *protocol.Batch[json.RawMessage]) []byte {
	outcomes := make([]protocol.Outcome, len(batch.Items))
	for i, item := range batch.Items {
		o := protocol.Outcome{Index: item.Index, Status: protocol.Succeeded}
		l, err := s.find(item.Item)
		switch {
		case err != nil:
			o.Status, o.Error, o.Cause = protocol.Failed, noAnswer, err.Error()
		case l.Throw != nil:
			o.Status, o.Error, o.Cause, o.Retryable = protocol.Failed, l.Throw.Error, l.Throw.Cause, l.Throw.Retryable
		default:
			o.Output = l.Return
		}
		if o.Status == protocol.Failed && batch.BatchInput.KeepItems {
			o.Item = item.Item
		}
		outcomes[i] = o
	}
	text, _ := json.Marshal(outcomes) // it came from JSON
	return text
}

// find takes the first line that fits an input.
func (s *Stub) find(input []byte) (*line, error) {
	var v any
	if err := json.Unmarshal(input, &v); err != nil {
		return nil, fmt.Errorf("got an input that is not JSON: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, l := range s.lines {
		if (l.Match == nil || fits(l.Match, v)) && (l.Times == nil || l.taken < *l.Times) {
			l.taken++
			return l, nil
		}
	}
	return nil, fmt.Errorf("%s has no answer for %.200s", s.file, input)
}

// fits reports whether a match is part of a value.
func fits(match, v any) bool {
	switch match := match.(type) {
	case map[string]any:
		object, ok := v.(map[string]any)
		for name, m := range match {
			member, has := object[name]
			ok = ok && has && fits(m, member)
		}
		return ok
	case []any:
		list, ok := v.([]any)
		ok = ok && len(list) == len(match)
		for i := 0; ok && i < len(match); i++ {
			ok = fits(match[i], list[i])
		}
		return ok
	}
	return match == v
}

func failure(name, message string) []byte {
	text, _ := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{name, message}) // two strings can always be marshaled
	return text
}
