package history

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/panics"
	"github.com/mapjob/mapjob/internal/value"
)

// Line is an event in the history of an execution.
type Line struct {
	*Event
	label string // of its execution
	depth int    // in children
}

// Of returns the history of an execution so far, that of children after their Map Run.
func (r *Record) Of(arn string) []Line {
	r.Flush()
	of := map[string][]*Event{}
	for _, e := range r.Events {
		of[e.ExecutionARN] = append(of[e.ExecutionARN], e)
	}
	var lines []Line
	var add func(arn string, depth int)
	add = func(arn string, depth int) {
		for _, e := range of[arn] {
			lines = append(lines, Line{e, r.Label(arn), depth})
			if e.Type == event.MapRunStarted {
				for _, child := range r.mapRun(e.Data.Resource).children {
					add(child, depth+1)
				}
			}
		}
	}
	add(arn, 0)
	return lines
}

// Text returns a line for each event that says something. It has no ARNs, IDs or times
// of day, and is the same in every run with the same seed.
func Text(lines []Line) string {
	var text strings.Builder
	for _, e := range lines {
		what := e.describe()
		if what == "" {
			continue
		}
		if e.State != "" {
			what = e.State + ": " + what
		}
		at := e.Time.Sub(lines[0].Time)
		fmt.Fprintf(&text, "%-9s %s%s\n", at, strings.Repeat("  ", e.depth), what)
	}
	return text.String()
}

// describe returns what an event says; "" if the events around it say the same.
func (e *Line) describe() string {
	if e.Fault != nil {
		return "FAULT " + e.Fault.What()
	}
	d := &e.Data
	problem := func() string {
		if d.Cause == "" {
			return d.Error
		}
		cause, place := withoutStack(d.Cause)
		return strings.TrimPrefix(d.Error+": ", ": ") + shorten(cause) + place
	}
	data := func() string { return shorten(value.Text(d.Value)) }
	kind := string(e.Type)
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
	switch e.Type {
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

// withoutStack returns the cause of a function's error without the stack of its panic,
// and where it has panicked; place is "" if it has not.
func withoutStack(cause string) (without, place string) {
	without, _, found := strings.Cut(cause, `,"stackTrace":[`)
	var failure struct{ StackTrace []*panics.Frame }
	if !found || json.Unmarshal([]byte(cause), &failure) != nil || len(failure.StackTrace) == 0 {
		return cause, ""
	}
	return without + "}", " at " + panics.Place(failure.StackTrace[0])
}

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var (
	arns   = regexp.MustCompile(`arn:aws[\w-]*:[^\s"',)]*[:/]([^\s"',):/]+)`)
	tokens = regexp.MustCompile(uuid + uuid) // of tasks
	uuids  = regexp.MustCompile(uuid)
	times  = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
)

// normal leaves ARNs, IDs, tokens and times out of a text.
func normal(text string) string {
	text = arns.ReplaceAllString(text, "$1")
	text = tokens.ReplaceAllString(text, "TOKEN")
	text = uuids.ReplaceAllString(text, "ID")
	return times.ReplaceAllString(text, "TIME")
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
