package sfntest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/value"
)

// FaultEvent is the type of an event that a fault adds to a history. It has no ID,
// because it is none of Step Functions.
const FaultEvent = "Fault"

// Event is an event of a history.
type Event struct {
	Execution string // ARN
	ID        int64
	Type      string // as GetExecutionHistory names it, or [FaultEvent]
	State     string // name; "" of an event of the execution itself
	Time      time.Time
	Fault     *Fault // that struck; nil of other events

	event   *event.Event // nil for a fault
	fault   string       // what goes wrong
	kind    string       // of a fault
	attempt int
	depth   int // of children
	label   string
}

// Details returns the details as GetExecutionHistory returns them; nil if there are
// none.
func (e Event) Details() json.RawMessage {
	if e.event == nil {
		return nil
	}
	name, details := e.event.Details()
	if name == "" {
		return nil
	}
	return value.Append(nil, details)
}

// History is a list of events. Its text is for people and golden files: it has no
// ARNs, IDs or times of day, and is the same in every run with the same seed.
type History []Event

// History returns the events so far, those of children after their Map Run.
func (x *Execution) History() History {
	r := &x.world.record
	r.flush()
	of := map[string][]Event{}
	for _, e := range r.events {
		of[e.Execution] = append(of[e.Execution], e)
	}
	var history History
	var add func(arn string, depth int)
	add = func(arn string, depth int) {
		for _, e := range of[arn] {
			e.depth, e.label = depth, r.label(arn)
			history = append(history, e)
			if e.Type == string(event.MapRunStarted) {
				for _, child := range r.mapRun(e.event.Data.Resource).children {
					add(child, depth+1)
				}
			}
		}
	}
	add(x.arn, 0)
	return history
}

// tail returns the end of the history as text.
func (x *Execution) tail() string {
	const most = 30 // lines
	lines := strings.SplitAfter(strings.TrimSuffix(x.History().String(), "\n"), "\n")
	if len(lines) <= most {
		return strings.Join(lines, "")
	}
	return fmt.Sprintf("… %d lines before\n", len(lines)-most) + strings.Join(lines[len(lines)-most:], "")
}

// String returns a line for each event that says something.
func (h History) String() string {
	var text strings.Builder
	for _, e := range h {
		what := e.describe()
		if what == "" {
			continue
		}
		if e.State != "" {
			what = e.State + ": " + what
		}
		at := e.Time.Sub(h[0].Time)
		fmt.Fprintf(&text, "%-10s%s%s\n", at, strings.Repeat("  ", e.depth), what)
	}
	return text.String()
}

// describe returns what an event says; "" if the events around it say the same.
func (e *Event) describe() string {
	if e.event == nil {
		return "FAULT " + fault.Fault(*e.Fault).What()
	}
	d := &e.event.Data
	problem := func() string {
		if d.Cause == "" {
			return d.Error
		}
		return strings.TrimPrefix(d.Error+": ", ": ") + shorten(d.Cause)
	}
	data := func() string { return shorten(value.Text(d.Value)) }
	kind := e.Type
	switch {
	case strings.HasSuffix(kind, "StateEntered"):
		return "entered"
	case strings.HasSuffix(kind, "StateExited"):
		text := "exited with " + data()
		if d.Assigned.Len() > 0 {
			text += ", assigned " + shorten(value.Text(d.Assigned))
		}
		return text
	case strings.HasSuffix(kind, "StateAborted"):
		return "aborted"
	case strings.HasSuffix(kind, "Scheduled"):
		text := "calls " + d.Resource
		if d.Service != "" {
			text = "calls " + d.Service + ":" + d.Resource
		}
		if e.attempt > 0 {
			text += fmt.Sprintf(", attempt %d", e.attempt)
		}
		return normal(text)
	}
	switch e.event.Type {
	case event.ExecutionStarted:
		return e.label + " started with " + data()
	case event.ExecutionSucceeded:
		return e.label + " succeeded with " + data()
	case event.ExecutionFailed:
		return e.label + " failed: " + problem()
	case event.ExecutionTimedOut:
		return e.label + " timed out"
	case event.ExecutionAborted:
		return strings.TrimSuffix(e.label+" was stopped: "+problem(), ": ")
	case event.TaskSubmitted:
		return "submitted"
	case event.TaskFailed, event.TaskSubmitFailed, event.LambdaFunctionFailed, event.ActivityFailed, event.MapRunFailed:
		return "failed: " + problem()
	case event.TaskTimedOut, event.LambdaFunctionTimedOut, event.ActivityTimedOut:
		return "timed out: " + problem()
	case event.EvaluationFailed:
		return "evaluation failed: " + problem()
	case event.MapStateStarted:
		if d.Length == 0 { // of a Distributed Map it is not known yet
			return ""
		}
		return fmt.Sprintf("%d items", d.Length)
	case event.MapRunStarted:
		return "Map Run started"
	case event.MapRunSucceeded:
		return "Map Run succeeded"
	case event.MapIterationStarted:
		return fmt.Sprintf("iteration %d started", d.Index)
	case event.MapIterationFailed:
		return fmt.Sprintf("iteration %d failed", d.Index)
	}
	return ""
}

var (
	arns   = regexp.MustCompile(`arn:aws[\w-]*:[^\s"',)]*[:/]([^\s"',):/]+)`)
	uuids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	tokens = regexp.MustCompile(`[A-Za-z0-9+/=_-]{72}`)
	times  = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
)

// normal leaves ARNs, IDs, tokens and times out of a text.
func normal(text string) string {
	text = arns.ReplaceAllString(text, "$1")
	text = uuids.ReplaceAllString(text, "ID")
	text = times.ReplaceAllString(text, "TIME")
	return tokens.ReplaceAllString(text, "TOKEN")
}

// shorten returns the beginning of a text, without what differs between runs.
func shorten(text string) string {
	const most = 120
	text = strings.ReplaceAll(normal(text), "\n", " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
