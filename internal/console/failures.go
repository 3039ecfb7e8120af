package console

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/operate/outcome"
)

const (
	mostItems    = 200              // of an answer
	mostErrors   = 500              // of an answer
	excerptBytes = 300              // of an item in a list
	itemBytes    = 256 << 10        // of an item that is shown
	mostLines    = 500              // of an item's log
	lineBytes    = 4 << 10          // of a line of it
	logTime      = 20 * time.Second // of a search in logs
)

// cut returns the beginning of a text, as valid UTF-8.
func cut(text []byte, most int) string {
	if len(text) > most {
		text = text[:most]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
		if last, size := utf8.DecodeLastRune(text); last == utf8.RuneError && size == 1 {
			text = text[:len(text)-1]
		}
	}
	return string(text)
}

// filterOf returns the filter of a request.
func filterOf(r *http.Request) failed.Filter {
	q := r.URL.Query()
	return failed.Filter{Errors: q["error"], Search: q.Get("search")}
}

// failures counts the failed items by error.
func (s *Server) failures(r *http.Request, x *Opened) (any, error) {
	filter := filterOf(r)
	known, err := x.Service.Failures(r.Context(), x.Execution, filter)
	if err != nil {
		return nil, err
	}
	all := len(known.Errors)
	known.Errors = known.Errors[:min(all, mostErrors)]
	for i := range known.Errors {
		known.Errors[i].Example = cut([]byte(known.Errors[i].Example), lineBytes)
	}
	return struct {
		*failed.Items
		Others  int    `json:"others,omitempty"` // errors that are not in the list
		Command string `json:"command"`
	}{known, all - len(known.Errors), x.Command("failures", filter.Flags()...)}, nil
}

// row is an item of a list.
type row struct {
	Index     int    `json:"index"`
	Error     string `json:"error"`
	Item      string `json:"item"` // its beginning
	Bytes     int    `json:"bytes"`
	Truncated bool   `json:"truncated,omitempty"`
	// At is the cursor before the item, with which it is found at once.
	At string `json:"at,omitempty"`
}

// itemList is a page of items.
type itemList struct {
	Items []row `json:"items"`
	// Next is the cursor of the next page, and Read how many failed items were looked at in
	// all. Done says that there are no more.
	Next    string `json:"next,omitempty"`
	Read    int    `json:"read"`
	Done    bool   `json:"done"`
	Command string `json:"command"`
}

// items lists failed items after a cursor. An answer ends if it is long, or if a second is
// over, and says how far it has read.
func (s *Server) items(r *http.Request, x *Opened) (any, error) {
	q, filter, arn := r.URL.Query(), filterOf(r), x.Execution.ARN
	place, err := s.place(arn, q.Get("after"))
	if err != nil {
		return nil, err
	}
	most, err := limit(q, 100, mostItems)
	if err != nil {
		return nil, err
	}
	all, err := x.Service.FailedItems(r.Context(), x.Execution, filter)
	if err != nil {
		return nil, err
	}
	list := &itemList{Items: []row{}, Read: place.Lines, Done: true, Command: x.Command("failures", append(filter.Flags(), "--jsonl")...)}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	began, first := time.Now(), true
	err = all.Scan(ctx, place, func(after failed.Place, item *failed.Item) (more bool) {
		if len(list.Items) == most || !first && time.Since(began) > s.searchTime {
			list.Done = false
			return false
		}
		first = false
		if item != nil {
			list.Items = append(list.Items, row{item.Index, item.Error, cut(item.Item, excerptBytes), len(item.Item), len(item.Item) > excerptBytes, s.cursor(arn, place)})
		}
		place = after
		return true
	})
	if errors.Is(err, fs.ErrNotExist) && x.Execution.Unsuccessful() == 0 {
		err = nil
	}
	list.Read = place.Lines
	if !list.Done {
		list.Next = s.cursor(arn, place)
	}
	return list, err
}

// shownLine is a line of a function's log.
type shownLine struct {
	functionlog.Line
	Names bool `json:"names"` // it names the item
}

// shownItem is an item with what is known about it.
type shownItem struct {
	row
	Cause     string           `json:"cause,omitempty"`
	Attempt   int              `json:"attempt,omitempty"` // the last one that the log has; 0: it names none
	Outcome   *outcome.Outcome `json:"outcome,omitempty"`
	NoOutcome string           `json:"noOutcome,omitempty"` // why it is not known how the item ended
	Lines     []shownLine      `json:"lines"`
	Unshown   int              `json:"unshown,omitempty"` // lines that are not in the list
	Log       *operate.ItemLog `json:"log,omitempty"`
	NoLog     string           `json:"noLog,omitempty"` // why the log was not read
	Command   string           `json:"command"`
}

// item shows a failed item, and the lines of the invocations that handled it.
func (s *Server) item(r *http.Request, x *Opened) (any, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 {
		return nil, refusef(http.StatusBadRequest, "item: got %q, expected an index, 0 or more", r.PathValue("n"))
	}
	place, err := s.place(x.Execution.ARN, r.URL.Query().Get("at"))
	if err != nil {
		return nil, err
	}
	all, err := x.Service.FailedItems(r.Context(), x.Execution, failed.Filter{})
	if err != nil {
		return nil, err
	}
	shown := &shownItem{row: row{Index: -1}, Lines: []shownLine{}, Command: x.Command("logs", "--item", strconv.Itoa(n))}
	if err := all.Scan(r.Context(), place, func(_ failed.Place, item *failed.Item) (more bool) {
		if item.Index != n {
			return true
		}
		shown.row = row{Index: n, Error: item.Error, Item: cut(item.Item, itemBytes), Bytes: len(item.Item), Truncated: len(item.Item) > itemBytes}
		return false
	}); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if shown.Index < 0 {
		return nil, refusef(http.StatusNotFound, "item %d: it is not among the failed items of this execution", n)
	}
	s.readLog(r.Context(), x, n, shown)
	if shown.Log == nil { // which would have the outcome
		shown.Outcome, shown.NoOutcome = x.Service.Outcome(r.Context(), x.Execution, n)
	}
	shown.cutOutcome()
	if shown.Log != nil && shown.Log.Batch != nil && shown.Cause == "" {
		shown.Cause = cut([]byte(shown.Log.Batch.Cause), lineBytes)
	}
	return shown, nil
}

// readLog adds the lines of an item. If they can't be read, the item is shown without.
func (s *Server) readLog(ctx context.Context, x *Opened, n int, shown *shownItem) {
	ctx, cancel := context.WithTimeout(ctx, logTime)
	defer cancel()
	logs, err := x.Logs(ctx)
	if err != nil {
		shown.NoLog = err.Error()
		return
	}
	shown.Log, err = x.Service.ItemLog(ctx, x.Execution, logs, n, func(l *functionlog.Line, names bool) error {
		if names {
			shown.Attempt = max(shown.Attempt, l.Attempt)
			if l.Cause != "" {
				shown.Cause = cut([]byte(l.Cause), lineBytes)
			}
		}
		if !names && l.Index != nil { // another item of the batch
			return nil
		}
		if len(shown.Lines) == mostLines {
			shown.Unshown++
			return nil
		}
		line := *l
		line.Text, line.Cause, line.Message = cut([]byte(l.Text), lineBytes), cut([]byte(l.Cause), lineBytes), cut([]byte(l.Message), lineBytes)
		shown.Lines = append(shown.Lines, shownLine{line, names})
		return nil
	})
	if err != nil {
		shown.NoLog = err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			shown.NoLog = "the log was not read to its end within " + logTime.String() + ": the command goes on"
		}
	}
	if shown.Log != nil {
		shown.Outcome, shown.NoOutcome = shown.Log.Outcome, shown.Log.NoOutcome
		shown.Log.Outcome, shown.Log.NoOutcome = nil, ""
	}
}

// cutOutcome leaves out what of an outcome is shown elsewhere, or is too long.
func (i *shownItem) cutOutcome() {
	o := i.Outcome
	if o == nil {
		return
	}
	if i.Cause == "" {
		i.Cause = cut([]byte(o.Cause), lineBytes)
	}
	o.Cause = ""
	if len(o.Output) > itemBytes {
		o.Output = nil
	}
}
