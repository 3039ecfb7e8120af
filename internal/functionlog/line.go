package functionlog

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Line is a line of a function's log. Its members are those of the lines that the
// kit writes; of another line only some are known, or none.
type Line struct {
	Log       string     `json:"log"` // name of the [Log]
	Time      *time.Time `json:"time,omitempty"`
	RequestID string     `json:"requestId,omitempty"` // of the invocation
	Index     *int       `json:"index,omitempty"`
	First     *int       `json:"first,omitempty"` // of items that were not started
	Last      *int       `json:"last,omitempty"`
	Count     int        `json:"count,omitempty"`
	Message   string     `json:"message,omitempty"`
	Error     string     `json:"error,omitempty"`
	Attempt   int        `json:"attempt,omitempty"`
	Cause     string     `json:"cause,omitempty"`
	Text      string     `json:"text"` // the whole line

	Stream    string `json:"-"` // within the log
	Execution string `json:"-"`
}

// Messages of the kit's lines about failed items.
const (
	messageFailed     = "item failed"
	messageNotStarted = "items not started"
	messageInvocation = "invocation failed" // of a callback's worker, which has one item
)

// Parse reads a line.
func Parse(text string) Line {
	l := Line{Text: text}
	if !strings.HasPrefix(text, "{") {
		return l
	}
	var known struct {
		Timestamp, Time       string
		Message, Error, Cause string
		Execution, RequestID  string
		Index, First, Last    json.RawMessage
		Count, Attempt        int
		Record                struct{ RequestID string } // of Lambda's own lines
	}
	var other *json.UnmarshalTypeError // of a line that is not the kit's: the rest is read
	if err := json.Unmarshal([]byte(text), &known); err != nil && !errors.As(err, &other) {
		return l
	}
	l.Message, l.Error, l.Cause, l.Attempt, l.Execution = known.Message, known.Error, known.Cause, known.Attempt, known.Execution
	l.RequestID = cmp.Or(known.RequestID, known.Record.RequestID)
	l.Index, l.First, l.Last, l.Count = index(known.Index), index(known.First), index(known.Last), known.Count
	if at, err := time.Parse(time.RFC3339Nano, cmp.Or(known.Timestamp, known.Time)); err == nil {
		l.Time = &at
	}
	return l
}

// index returns the index of an item; nil if the JSON is none.
func index(text json.RawMessage) *int {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

// IsOf reports whether a line names an item.
func (l *Line) IsOf(item int) bool {
	if l.Index != nil {
		return *l.Index == item
	}
	return l.Message == messageNotStarted && l.First != nil && l.Last != nil && *l.First <= item && item <= *l.Last
}

// isFailure reports whether a line is about items that failed.
func (l *Line) isFailure() bool {
	switch l.Message {
	case messageFailed, messageInvocation:
		return l.Index != nil
	case messageNotStarted:
		return l.First != nil && l.Last != nil
	}
	return false
}
