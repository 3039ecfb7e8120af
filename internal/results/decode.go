package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/protocol"
)

// This file decodes what workers answered, which may be any JSON. The names of
// members are case-sensitive: if "Index" were taken for "index", a worker could
// answer one index for the state machine and another one for the summary.

// decoder decodes outcomes. It uses its memory again for the next one.
type decoder struct {
	outcome struct {
		Index *int `json:"index"` // in place of Outcome's: nil for null
		protocol.Outcome
	}
	index int
}

// decode returns the outcome in a text. If the text names an item but is not an
// outcome, the item has failed. If it does not name an item, decode returns nil.
func (d *decoder) decode(text []byte) *protocol.Outcome {
	if o := d.strictly(text); o != nil {
		return o
	}
	index, named := indexIn(text)
	if !named {
		return nil
	}
	// A result that encoding/json has written may have a member twice.
	if o := d.strictly(text, jsontext.AllowDuplicateNames(true)); o != nil {
		return o
	}
	d.outcome.Outcome = protocol.Outcome{Index: index, Status: protocol.Failed, Error: protocol.ErrorInvalidResult, Retryable: true,
		Cause: "got " + excerpt(text) + " from the worker, expected an outcome, as a worker made with job.Work answers"}
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

// indexIn returns the index of the item that a text names. The text has to be one
// object: two may be about two items.
func indexIn(text []byte) (index int, named bool) {
	if !jsontext.Value(text).IsValid(lenient) {
		return 0, false
	}
	for name, value := range members(text) {
		if name == "index" {
			index, named = indexOf(value)
		}
	}
	return index, named
}

// indexOf returns the index that a value stands for, which may be written as 1e2.
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

// members yields the members of an object, up to where the text is not valid.
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

// batchAnswer returns the [protocol.BatchAnswer] in a text; nil if the text is
// anything else. The worker's answer is empty if it is not valid.
func batchAnswer(text []byte) *protocol.BatchAnswer {
	var b protocol.BatchAnswer
	var err error
	for name, value := range members(text) {
		switch name {
		case "given":
			err = errors.Join(err, json.Unmarshal(value, &b.Given))
		case "chunk":
			err = errors.Join(err, json.Unmarshal(value, &b.Chunk))
		case "answer":
			b.Answer = bytes.Clone(value)
		case "outcomes": // the answer itself, of a definition of an earlier release
			return nil
		}
	}
	if err != nil || len(b.Given) == 0 && b.Chunk == nil || b.Chunk != nil && !b.Chunk.IsValid() {
		return nil
	}
	for _, index := range b.Given {
		if index < 0 || index >= protocol.MaxItems {
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

// excerpt returns the beginning of a text, as valid UTF-8.
func excerpt(text []byte) string { return strings.ToValidUTF8(protocol.Excerpt(text), "\uFFFD") }
