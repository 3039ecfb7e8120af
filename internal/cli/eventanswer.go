package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/job/report"
)

// interrupted is the status of an event whose end nobody has waited for.
const interrupted = "Interrupted"

// maxRecords is how many records of a table are told of.
const maxRecords = 100

// queuesCannotTell is what nothing in a stack knows whose work is in queues. The
// dead letters of today are those of the messages that were received often
// enough by now.
const queuesCannotTell = "when the work was finished, or whether the dead letters are all there will be"

// eventAnswer is what becomes of a stack without a job. What it knows is kept
// apart from what this machine has seen.
type eventAnswer struct {
	Status     string `json:"status"` // as Lambda calls the end of the event: Success, RetriesExhausted, EventAgeExceeded; or Interrupted
	Function   string `json:"function"`
	Tries      int    `json:"tries"`
	DurationMs int64  `json:"durationMs"` // of the run
	RunDir     string `json:"runDir"`

	Known struct {
		Answer  json.RawMessage      `json:"answer"` // the function's, or its error; null where it gave none
		EventMs int64                `json:"eventMs,omitempty"`
		Queues  []queueLeft          `json:"queues"` // what is left in them
		Tables  map[string]tableLeft `json:"tables"` // those that were not filled before the run
		Untold  string               `json:"untold,omitempty"`
	} `json:"known"`
	Counted struct {
		Consumers     []*consumed `json:"consumers"`
		LastMessageMs int64       `json:"lastMessageMs,omitempty"` // after the event, by the time of the queues
		Objects       int         `json:"objects"`                 // each counted once
		Again         int         `json:"writtenAgain"`            // writes of an object that had been written before
		NotTold       []string    `json:"notTold,omitempty"`       // why destinations of the event were not told
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

// ends takes over how the event ended. Where queues are polled the event's end
// is not the work's, and nothing can tell that; else it is all there is.
func (a *eventAnswer) ends(r invocation.EventResult, polls bool) {
	a.Status, a.Tries = r.Condition, r.Tries
	if a.Known.Answer = r.Answer; !json.Valid(r.Answer) {
		a.Known.Answer, _ = json.Marshal(string(r.Answer)) // a text always can be
	}
	for _, err := range r.Unsent {
		a.Counted.NotTold = append(a.Counted.NotTold, err.Error())
	}
	if polls {
		a.Known.Untold = queuesCannotTell
	} else {
		a.Known.EventMs = r.Ended.Sub(r.Began).Milliseconds()
	}
}

// ask collects what the stack itself knows. Filled are the tables that were
// filled before the run, by their physical names.
func (a *eventAnswer) ask(ctx context.Context, c *stack.Stack, filled map[string]bool) error {
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

// count adds what this machine has seen since the event began, by the time of
// the queues.
func (a *eventAnswer) count(c *stack.Stack, w *witness, began time.Time) {
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

func (a *eventAnswer) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(a)
}

func (a *eventAnswer) markdown(w io.Writer) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	tries := ""
	if a.Tries > 1 {
		tries = fmt.Sprintf(" after %d tries", a.Tries)
	}
	if a.Status == interrupted {
		say("# %s: interrupted before its end\n\n## What the stack itself knows\n", a.Function)
	} else {
		say("# %s: the event ended with %s%s\n\n## What the stack itself knows\n", a.Function, a.Status, tries)
		say("- %s answered: %s", a.Function, a.Known.Answer)
	}
	if a.Known.EventMs > 0 {
		say("- the event took %s", milliseconds(a.Known.EventMs))
	}
	for _, q := range a.Known.Queues {
		say("- queue %s has %s", q.Queue, number(q.Messages, "message"))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Known.Tables)) {
		table := a.Known.Tables[name]
		for _, record := range table.Records {
			say("- table %s: %s", name, record)
		}
		if more := table.Count - len(table.Records); more > 0 {
			say("- table %s: and %s more, of %s in all", name, number(more, "record"), report.Thousands(table.Count))
		}
	}
	if a.Known.Untold != "" {
		say("- no queue can tell %s", a.Known.Untold)
	}
	say("\n## What this machine has seen\n")
	for _, c := range a.Counted.Consumers {
		lost := ""
		if c.LostAnswers > 0 {
			lost = fmt.Sprintf(", of %s the answer was lost", number(c.LostAnswers, "invocation"))
		}
		say("- %s was invoked %s with %s of %s; %s repeated, %s failed%s", c.Function,
			number(c.Invocations, "time"), number(c.Messages, "message"), c.Queue, was(c.Repeated, "delivery", "deliveries"), report.Thousands(c.Failed), lost)
	}
	if a.Counted.LastMessageMs > 0 {
		say("- the last message was done %s after the event, by the time of the queues", milliseconds(a.Counted.LastMessageMs))
	}
	again := ""
	if a.Counted.Again > 0 {
		again = fmt.Sprintf("; %s later written once more", was(a.Counted.Again, "object", "objects"))
	}
	say("- %s written%s", was(a.Counted.Objects, "object", "objects"), again)
	for _, reason := range a.Counted.NotTold {
		say("- nobody was told of the end: %s", reason)
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

// number is a count of things in words: 1 message, 1,000 messages.
func number(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return report.Thousands(n) + " " + thing
}

// was is a count with its verb: 1 delivery was, 2 deliveries were.
func was(n int, one, more string) string {
	if n == 1 {
		return "1 " + one + " was"
	}
	return report.Thousands(n) + " " + more + " were"
}
