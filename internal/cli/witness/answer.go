package witness

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/job/report"
)

// Interrupted is the status of an event that had not ended.
const Interrupted = "Interrupted"

// success is the status of an event that did not fail.
const success = "Success"

// maxRecords is how many records of a table an answer has.
const maxRecords = 100

// queuesDoNotKnow is what no stack knows whose work is in queues. There may be
// more dead letters, of messages that were not received often enough yet.
const queuesDoNotKnow = "when the work was finished, or whether there will be more dead letters"

// Answer says how an event ended. What the stack knows is kept apart from what
// this machine has seen.
type Answer struct {
	Status     string `json:"status"`          // Lambda's condition (Success, RetriesExhausted, EventAgeExceeded) or Interrupted
	Error      string `json:"error,omitempty"` // of an event that failed
	Cause      string `json:"cause,omitempty"`
	Function   string `json:"function"`
	Tries      int    `json:"tries"`
	DurationMs int64  `json:"durationMs"` // of the run
	RunDir     string `json:"runDir"`

	Known struct {
		Answer  json.RawMessage      `json:"answer"` // of the function, or its error; null if it gave none
		EventMs int64                `json:"eventMs,omitempty"`
		Queues  []queueLeft          `json:"queues"`            // with what is left in them
		Tables  map[string]tableLeft `json:"tables"`            // those that were not filled before the run
		Unknown string               `json:"unknown,omitempty"` // what the stack does not know
	} `json:"known"`
	Counted struct {
		Consumers     []*consumed `json:"consumers"`
		LastMessageMs int64       `json:"lastMessageMs,omitempty"` // after the event, by the clock of the queues
		Objects       int         `json:"objects"`                 // each once
		Again         int         `json:"writtenAgain"`            // writes of an object that had been written before
		Unsent        []string    `json:"unsent,omitempty"`        // why destinations of the event were not notified
	} `json:"counted"`
}

type queueLeft struct {
	Queue    string `json:"queue"`
	Messages int    `json:"messages"`
}

// tableLeft is what is in a table: its records, the first of many, and how many
// there are.
type tableLeft struct {
	Records []json.RawMessage `json:"records"`
	Count   int               `json:"count"`
}

// Ends records the event's result. If queues are polled, the work may end later
// than the event, which nothing in the stack knows.
func (a *Answer) Ends(r invocation.EventResult, polls bool) {
	a.Status, a.Tries = r.Condition, r.Tries
	if a.Status != success {
		a.Error, a.Cause = Failure(r)
	}
	if a.Known.Answer = r.Answer; !json.Valid(r.Answer) {
		a.Known.Answer, _ = json.Marshal(string(r.Answer)) // never fails for text
	}
	for _, err := range r.Unsent {
		a.Counted.Unsent = append(a.Counted.Unsent, err.Error())
	}
	if polls {
		a.Known.Unknown = queuesDoNotKnow
	} else {
		a.Known.EventMs = r.Ended.Sub(r.Began).Milliseconds()
	}
}

// Ask collects what the stack itself knows. Filled has the tables that were
// filled before the run, by physical name.
func (a *Answer) Ask(ctx context.Context, c *stack.Stack, filled map[string]bool) error {
	queues, err := c.Queues()
	if err != nil {
		return err
	}
	a.Known.Queues, a.Known.Tables = []queueLeft{}, map[string]tableLeft{}
	for _, q := range queues {
		a.Known.Queues = append(a.Known.Queues, queueLeft{q.ID, q.Counts.Total()})
	}
	for _, table := range c.Tables() {
		if filled[table.Name] {
			continue
		}
		left := tableLeft{Records: []json.RawMessage{}}
		for record, err := range c.Records(ctx, table.Name) {
			if err != nil {
				return err
			}
			if left.Count++; left.Count <= maxRecords {
				left.Records = append(left.Records, record)
			}
		}
		a.Known.Tables[table.ID] = left
	}
	return nil
}

// Count adds what this machine has seen since the event began, by the clock of
// the queues.
func (a *Answer) Count(c *stack.Stack, w *Witness, began time.Time) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	a.Counted.Consumers = []*consumed{}
	for _, name := range slices.Sorted(maps.Keys(w.consumers)) {
		consumer := *w.consumers[name]
		consumer.Function, consumer.Queue = c.ShortName(consumer.Function), c.ShortName(consumer.Queue)
		a.Counted.Consumers = append(a.Counted.Consumers, &consumer)
	}
	if !w.last.IsZero() && !began.IsZero() {
		a.Counted.LastMessageMs = w.last.Sub(began).Milliseconds()
	}
	a.Counted.Objects = len(w.written)
	for _, n := range w.written {
		a.Counted.Again += n - 1
	}
}

// JSON writes the answer as one document.
func (a *Answer) JSON(w io.Writer) error { return terminal.PrintJSON(w, a) }

// Markdown writes the answer as a report.
func (a *Answer) Markdown(w io.Writer) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	tries := ""
	if a.Tries > 1 {
		tries = fmt.Sprintf(" after %d tries", a.Tries)
	}
	switch {
	case a.Status == Interrupted:
		say("# %s: interrupted before its end", a.Function)
	case a.Status != success:
		say("# %s: failed with %s\n\n%s\n\nThe event ended with %s%s.", a.Function, plain.Markdown(a.Error), plain.Markdown(a.Cause), a.Status, tries)
	case len(a.Counted.Unsent) > 0:
		say("# %s: failed, because the end of the event could not be sent\n\nThe event ended with %s%s.", a.Function, a.Status, tries)
	default:
		say("# %s: the event ended with %s%s", a.Function, a.Status, tries)
	}
	say("\n## What the stack itself knows\n")
	if a.Status != Interrupted {
		say("- %s answered: %s", a.Function, plain.Code(string(a.Known.Answer)))
	}
	if a.Known.EventMs > 0 {
		say("- the event took %s", milliseconds(a.Known.EventMs))
	}
	for _, q := range a.Known.Queues {
		say("- queue %s has %s", q.Queue, number.Of(q.Messages, "message"))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Known.Tables)) {
		table := a.Known.Tables[name]
		for _, record := range table.Records {
			say("- table %s: %s", name, plain.Code(string(record)))
		}
		if more := table.Count - len(table.Records); more > 0 {
			say("- table %s: and %s more, of %s in all", name, number.Of(more, "record"), report.Thousands(table.Count))
		}
	}
	if a.Known.Unknown != "" {
		say("- no queue knows %s", a.Known.Unknown)
	}
	say("\n## What this machine has seen\n")
	for _, c := range a.Counted.Consumers {
		lost := ""
		if c.LostAnswers > 0 {
			lost = fmt.Sprintf(", of %s the answer was lost", number.Of(c.LostAnswers, "invocation"))
		}
		say("- %s was invoked %s with %s of %s; %s repeated, %s failed%s", c.Function,
			number.Of(c.Invocations, "time"), number.Of(c.Messages, "message"), c.Queue, terminal.Were(c.Repeated, "delivery", "deliveries"), report.Thousands(c.Failed), lost)
	}
	if a.Counted.LastMessageMs > 0 {
		say("- the last message succeeded %s after the event, by the clock of the queues", milliseconds(a.Counted.LastMessageMs))
	}
	again := ""
	if a.Counted.Again > 0 {
		again = fmt.Sprintf("; %s written again later", terminal.Were(a.Counted.Again, "object", "objects"))
	}
	say("- %s written%s", terminal.Were(a.Counted.Objects, "object", "objects"), again)
	for _, reason := range a.Counted.Unsent {
		say("- not notified of the end: %s", plain.Markdown(reason))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func milliseconds(n int64) time.Duration {
	d := time.Duration(n) * time.Millisecond
	if d >= time.Minute {
		return d.Round(time.Second)
	}
	return d
}

// Failure returns the error of a function by its own name, if it has one, and its
// message.
func Failure(r invocation.EventResult) (name, cause string) {
	var named struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(r.Answer, &named) != nil || named.ErrorType == "" {
		return cmp.Or(r.FunctionError, r.Condition), protocol.CauseMessage(string(r.Answer))
	}
	return named.ErrorType, named.ErrorMessage
}
