package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/protocol"
)

// This file decodes workers' answers, which may be any JSON. The names of members
// are case-sensitive: if "Index" were read as "index", the state machine could find
// one index in an answer and the summary another one.

// decoder decodes outcomes. It reuses its memory: an outcome is valid until the next
// one is decoded.
type decoder struct {
	outcome struct {
		Index *int `json:"index"` // in place of Outcome's: nil for null
		protocol.Outcome
	}
	index int
}

// decode returns the outcome in a text. If the text has the index of an item but is
// not an outcome, the item has failed. Without an index, decode returns nil.
func (d *decoder) decode(text []byte) *protocol.Outcome {
	if o := d.strictly(text); o != nil {
		return o
	}
	index, found := indexIn(text)
	if !found {
		return nil
	}
	// A result that encoding/json has written may have a member twice.
	if o := d.strictly(text, jsontext.AllowDuplicateNames(true)); o != nil {
		return o
	}
	d.outcome.Outcome = protocol.Outcome{Index: index, Status: protocol.Failed, Error: protocol.ErrorInvalidResult, Retryable: true,
		Cause: "got " + protocol.Excerpt(text) + " from the worker, expected an outcome, as a worker made with job.Work answers"}
	return &d.outcome.Outcome
}

// strictly returns the outcome in a text; nil if the text is anything else.
func (d *decoder) strictly(text []byte, options ...jsonv2.Options) *protocol.Outcome {
	const none = -1
	d.index = none
	d.outcome.Index, d.outcome.Outcome = &d.index, protocol.Outcome{}
	if err := jsonv2.Unmarshal(text, &d.outcome, options...); err != nil || d.outcome.Index == nil {
		return nil
	}
	o := &d.outcome.Outcome
	if o.Index = d.index; !o.IsOutcome() || o.Index >= protocol.MaxItems {
		return nil
	}
	return o
}

// indexIn returns the index that a text has. The text must be one object: two
// objects may have two indexes.
func indexIn(text []byte) (index int, found bool) {
	if !jsontext.Value(text).IsValid(lenient) {
		return 0, false
	}
	for name, value := range members(text) {
		if name == "index" {
			index, found = indexOf(value)
		}
	}
	return index, found
}

// indexOf returns a value as an index, which may be written as 1e2.
func indexOf(value jsontext.Value) (index int, ok bool) {
	if value.Kind() != '0' {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(value), 64)
	if err != nil || n != math.Trunc(n) || n < 0 || n >= protocol.MaxItems {
		return 0, false
	}
	return int(n), true
}

// lenient are the options for JSON whose parts are decoded strictly later.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// members yields the members of an object, and ends at the first error in the text.
func members(text []byte) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		d := jsontext.NewDecoder(bytes.NewBuffer(text), lenient)
		if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
			return
		}
		for d.PeekKind() == '"' {
			token, err := d.ReadToken()
			if err != nil {
				return
			}
			name := token.String()
			value, err := d.ReadValue()
			if err != nil || !yield(name, value) {
				return
			}
		}
	}
}

// decodeBatchAnswer returns the [protocol.BatchAnswer] in a text; nil if the text is
// anything else. If the worker's answer is not valid, it is empty.
func decodeBatchAnswer(text []byte) *protocol.BatchAnswer {
	var b protocol.BatchAnswer
	var err error
	for name, value := range members(text) {
		switch name {
		case "given":
			err = errors.Join(err, json.Unmarshal(value, &b.Given))
		case "items":
			err = errors.Join(err, json.Unmarshal(value, &b.Items))
		case "chunk":
			err = errors.Join(err, json.Unmarshal(value, &b.Chunk))
		case "answer":
			b.Answer = bytes.Clone(value)
		case "outcomes": // the answer itself, of a definition of an earlier release
			return nil
		}
	}
	if err != nil || len(b.Given)+len(b.Items) == 0 && b.Chunk == nil || b.Chunk != nil && !b.Chunk.IsValid() {
		return nil
	}
	isIndex := func(index int) bool { return index >= 0 && index < protocol.MaxItems }
	for _, index := range b.Given {
		if !isIndex(index) {
			return nil
		}
	}
	for _, item := range b.Items {
		if !isIndex(item.Index) {
			return nil
		}
	}
	return &b
}

// elements returns the elements of an answer.
func elements(answer []byte) ([]jsontext.Value, error) {
	var list []jsontext.Value
	err := jsonv2.Unmarshal(answer, &list, lenient)
	if err == nil && list == nil {
		err = errors.New("got null")
	}
	return list, err
}
