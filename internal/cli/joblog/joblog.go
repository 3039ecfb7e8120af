// Package joblog prints what the functions of a job have logged about its items.
package joblog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// View prints lines of logs about an execution.
type View struct {
	Out       io.Writer
	Execution *operate.Execution
	Logs      []functionlog.Log
	JSON      bool // as one document
	Local     bool // the logs are files
	// Command returns the command for the log of an item.
	Command func(x *operate.Execution, item int) string
}

func names(logs []functionlog.Log) []string {
	var names []string
	for _, log := range logs {
		names = append(names, log.Name())
	}
	return names
}

// document prints a document whose lines are a stream. The lines come first and what
// is known after them, or the error that ended them: a reader of standard output gets
// a whole document.
type document struct {
	to    io.Writer
	lines int
	json  *json.Encoder
}

func newDocument(to io.Writer, x *operate.Execution, item *int, logs []functionlog.Log) (*document, error) {
	d := &document{to: to, json: json.NewEncoder(to)}
	d.json.SetEscapeHTML(false)
	head, err := json.Marshal(struct {
		Execution string   `json:"execution"`
		Item      *int     `json:"item,omitempty"`
		Logs      []string `json:"logs"`
	}{x.ARN, item, names(logs)})
	if err == nil {
		_, err = fmt.Fprintf(to, "%s,\n\"lines\":[\n", head[:len(head)-1])
	}
	return d, err
}

func (d *document) line(l any) error {
	if d.lines++; d.lines > 1 {
		if _, err := io.WriteString(d.to, ","); err != nil {
			return err
		}
	}
	return d.json.Encode(l)
}

// end prints the members of a value, which has at least one.
func (d *document) end(v any) error {
	tail, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Fprintf(d.to, "],\n%s\n", tail[1:])
	}
	return err
}

// fail ends the document with an error, which it returns.
func (d *document) fail(err error) error {
	return errors.Join(err, d.end(map[string]string{"error": err.Error()}))
}

// Failed prints the lines about failed items.
func (v *View) Failed(ctx context.Context) (err error) {
	to, x, logs := v.Out, v.Execution, v.Logs
	var counts functionlog.Counts
	show := func(l *functionlog.Line) error {
		_, err := fmt.Fprintln(to, failure(l))
		return err
	}
	var doc *document
	if v.JSON {
		if doc, err = newDocument(to, x, nil, logs); err != nil {
			return err
		}
		show = func(l *functionlog.Line) error { return doc.line(l) }
	} else {
		fmt.Fprintf(to, "%s: lines about failed items in %s\n", plain.Line(x.Name), plain.Line(strings.Join(names(logs), ", ")))
	}
	example := -1
	q := x.LogQuery(nil)
	for _, log := range logs {
		if err := log.Search(ctx, q, func(l *functionlog.Line) error {
			counts.Add(l)
			if example < 0 && l.Index != nil {
				example = *l.Index
			}
			return show(l)
		}); err != nil {
			if doc != nil {
				return doc.fail(err)
			}
			return err
		}
	}
	counts.Sort()
	if doc != nil {
		return doc.end(map[string]any{"counts": &counts})
	}
	text := number.Of(counts.Lines, "line")
	if counts.Items > 0 {
		text += " about " + number.Of(counts.Items, "item")
	}
	if counts.NotStarted > 0 {
		text += fmt.Sprintf(", %s not started", terminal.Were(counts.NotStarted, "item", "items"))
	}
	fmt.Fprintln(to, text)
	for i, e := range counts.Errors {
		if i == terminal.MostErrors {
			fmt.Fprintf(to, "  and %s\n", number.Of(len(counts.Errors)-i, "other error"))
			break
		}
		fmt.Fprintf(to, "  %s %s\n", number.Thousands(e.Count), plain.Line(e.Error))
	}
	if missing := x.Unsuccessful() - counts.Items - counts.NotStarted; missing > 0 {
		fmt.Fprintf(to, "%s that failed: no line. %s\n", number.Of(missing, "item"), v.silence("Their batch failed as a whole, or their worker does not use the kit"))
	} else if counts.Lines == 0 {
		fmt.Fprintln(to, v.silence("Items that succeed leave no line"))
	}
	if example >= 0 {
		_, err = fmt.Fprintf(to, "all lines of the invocation of an item: %s\n", v.Command(x, example))
	}
	return err
}

// silence says why a log may have no line.
func (v *View) silence(first string) string {
	if v.Local {
		return first + "."
	}
	return first + "; else CloudWatch Logs has not received it yet, or its retention has removed it."
}

// failure writes a line about items that failed.
func failure(l *functionlog.Line) string {
	var text strings.Builder
	text.WriteString(clock(l.Time))
	if l.Index != nil {
		fmt.Fprintf(&text, "item %s", number.Thousands(*l.Index))
	} else {
		fmt.Fprintf(&text, "items %s to %s: %s not started", number.Thousands(*l.First), number.Thousands(*l.Last), terminal.Were(l.Count, "item", "items"))
	}
	text.WriteString("  " + plain.Line(l.Error))
	if l.Attempt > 0 {
		fmt.Fprintf(&text, "  attempt %d", l.Attempt)
	}
	if l.RequestID != "" {
		text.WriteString("  request " + plain.Line(l.RequestID))
	}
	if l.Cause != "" {
		text.WriteString("  " + plain.Line(l.Cause))
	}
	return text.String()
}

func clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Local().Format("15:04:05.000") + "  "
}

// shownLine is a line of an invocation.
type shownLine struct {
	*functionlog.Line

	Names bool `json:"names"` // the item
}

// Item prints the lines of the invocations that handled an item.
func (v *View) Item(ctx context.Context, s *operate.Service, item int, others bool) (err error) {
	to, x, logs := v.Out, v.Execution, v.Logs
	unnamed, invocation := 0, ""
	show := func(l *functionlog.Line, names bool) error {
		if l.RequestID != invocation {
			invocation = l.RequestID
			fmt.Fprintf(to, "invocation %s, in %s\n", plain.Line(invocation), plain.Line(l.Log))
		}
		mark := "  "
		if names {
			mark = "> "
		}
		text := l.Text
		if !strings.HasPrefix(text, "{") { // else it has its time
			text = clock(l.Time) + text
		}
		_, err := fmt.Fprintln(to, mark+plain.Line(text))
		return err
	}
	var doc *document
	if v.JSON {
		if doc, err = newDocument(to, x, &item, logs); err != nil {
			return err
		}
		show = func(l *functionlog.Line, names bool) error { return doc.line(shownLine{l, names}) }
	} else {
		fmt.Fprintf(to, "%s: item %s in %s\n", plain.Line(x.Name), number.Thousands(item), plain.Line(strings.Join(names(logs), ", ")))
	}
	found, err := s.ItemLog(ctx, x, logs, item, func(l *functionlog.Line, names bool) error {
		if !names && l.Index != nil && !others {
			return nil
		}
		if !names {
			unnamed++
		}
		return show(l, names)
	})
	switch {
	case err != nil && doc != nil:
		return doc.fail(err)
	case err != nil:
		return err
	case doc != nil:
		return doc.end(map[string]any{"found": found})
	}
	if a := x.Account; a != nil && item >= a.Total && found.Lines == 0 {
		_, err = fmt.Fprintf(to, "There is no such item: the execution had %s, and the first is item 0.\n", number.Of(a.Total, "item"))
		return err
	}
	v.explain(found, unnamed, others)
	return nil
}

// explain says what the lines are, and what they can't say.
func (v *View) explain(found *operate.ItemLog, unnamed int, others bool) {
	to := v.Out
	if found.Lines > 0 && unnamed > 0 {
		fmt.Fprintln(to, "> marks the lines that name the item. The invocation may have handled other items, too: a line without a mark may be about any of them.")
	}
	if found.Others > 0 && !others {
		fmt.Fprintf(to, "%s of other items left out: --invocation shows them\n", number.Of(found.Others, "line"))
	}
	if b := found.Batch; b != nil {
		fmt.Fprintf(to, "its batch of %s failed as a whole with %s: %s\n", number.Of(b.Items, "item"), plain.Line(b.Error), plain.Line(b.Cause))
		switch {
		case b.RequestID == "":
			fmt.Fprintln(to, "The cause does not name the invocation.")
		case found.Lines == 0:
			fmt.Fprintln(to, "Any item of the batch may have caused it: a rerun with --batch 1 finds which. Earlier tries of the batch are not known here.")
		}
	}
	if found.Lines == 0 && found.Batch == nil {
		fmt.Fprintln(to, v.silence("No line names the item. An item that succeeds leaves no line unless the worker logs with the item's context"))
	}
	fmt.Fprintln(to, ending(found))
	if found.Unread != "" {
		fmt.Fprintf(to, "whether its batch failed as a whole is not known: %s\n", plain.Line(found.Unread))
	}
	if e := found.Earlier; e != nil {
		earlier := &operate.Execution{ARN: e.Execution, Name: statesarn.ExecutionName(e.Execution)}
		fmt.Fprintf(to, "%s is a rerun. There the item was item %s and failed with %s: %s\n", plain.Line(v.Execution.Name), number.Thousands(e.Index), plain.Line(e.Error), v.Command(earlier, e.Index))
	}
}

// ending says how the item ended, and when.
func ending(found *operate.ItemLog) string {
	o := found.Outcome
	if o == nil {
		return "how the item ended is not known: " + plain.Line(found.NoOutcome)
	}
	text := "it succeeded"
	if o.Status != protocol.Succeeded {
		text = "it failed with " + plain.Line(cmp.Or(o.Error, "an error without a name"))
	}
	if o.EndedAt != nil {
		text += " at " + o.EndedAt.Local().Format("2006-01-02 15:04:05")
	}
	if o.Ms != nil {
		text += ", after " + (time.Duration(*o.Ms) * time.Millisecond).String()
	}
	if o.Cause != "" {
		text += ": " + plain.Line(o.Cause)
	}
	return text
}
