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
)

const (
	mostItems    = 200              // of an answer
	searchTime   = time.Second      // of an answer that has no item yet, or some
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
		return nil, noReport(err)
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

// noReport gives the error of an execution without a report its status.
func noReport(err error) error {
	if lacks, ok := errors.AsType[*operate.NoReportError](err); ok {
		return refusef(http.StatusConflict, "%s", lacks.Error())
	}
	return err
}

// row is an item of a list.
type row struct {
	Index     int    `json:"index"`
	Error     string `json:"error"`
	Item      string `json:"item"` // its beginning
	Bytes     int    `json:"bytes"`
	Truncated bool   `json:"truncated,omitempty"`
}

// itemList is a page of items.
type itemList struct {
	Items []row `json:"items"`
	// Read is how many lines were read in all, which the next page goes on after. Done
	// says that there are no more.
	Read    int    `json:"read"`
	Done    bool   `json:"done"`
	Command string `json:"command"`
}

// items lists failed items after the lines that were read. An answer ends if it is long,
// or if nothing was found for a while.
func (s *Server) items(r *http.Request, x *Opened) (any, error) {
	q, filter := r.URL.Query(), filterOf(r)
	after, err := number(q, "after", 0, 1<<40)
	if err != nil {
		return nil, err
	}
	most, err := number(q, "limit", 100, mostItems)
	if err != nil {
		return nil, err
	}
	all, err := x.Service.FailedItems(r.Context(), x.Execution, filter)
	if err != nil {
		return nil, noReport(err)
	}
	list := &itemList{Items: []row{}, Read: after, Done: true, Command: x.Command("failures", append(filter.Flags(), "--jsonl")...)}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var began time.Time
	err = all.Scan(ctx, after, func(line int, item *failed.Item) (more bool) {
		if began.IsZero() { // the lines before are read quickly
			began = time.Now()
		}
		if len(list.Items) == most || line > after+1 && time.Since(began) > searchTime {
			list.Done = false
			return false
		}
		list.Read = line
		if item != nil {
			list.Items = append(list.Items, row{item.Index, item.Error, cut(item.Item, excerptBytes), len(item.Item), len(item.Item) > excerptBytes})
		}
		return true
	})
	if errors.Is(err, fs.ErrNotExist) && x.Execution.Unsuccessful() == 0 {
		err = nil
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
	Cause   string           `json:"cause,omitempty"`
	Attempt int              `json:"attempt,omitempty"` // the last one that the log has
	Lines   []shownLine      `json:"lines"`
	Unshown int              `json:"unshown,omitempty"` // lines that are not in the list
	Log     *operate.ItemLog `json:"log,omitempty"`
	NoLog   string           `json:"noLog,omitempty"` // why the log was not read
	Command string           `json:"command"`
}

// item shows a failed item, and the lines of the invocations that handled it.
func (s *Server) item(r *http.Request, x *Opened) (any, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 {
		return nil, refusef(http.StatusBadRequest, "item: got %q, expected an index, 0 or more", r.PathValue("n"))
	}
	all, err := x.Service.FailedItems(r.Context(), x.Execution, failed.Filter{})
	if err != nil {
		return nil, noReport(err)
	}
	shown := &shownItem{row: row{Index: -1}, Lines: []shownLine{}, Command: x.Command("logs", "--item", strconv.Itoa(n))}
	for item, err := range all.After(r.Context(), 0) {
		if err != nil {
			return nil, err
		}
		if item.Index == n {
			shown.row = row{n, item.Error, cut(item.Item, itemBytes), len(item.Item), len(item.Item) > itemBytes}
			break
		}
	}
	if shown.Index < 0 {
		return nil, refusef(http.StatusNotFound, "item %d: it is not among the failed items of this execution", n)
	}
	s.readLog(r.Context(), x, n, shown)
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
	if shown.Log != nil && shown.Log.Batch != nil && shown.Cause == "" {
		shown.Cause = cut([]byte(shown.Log.Batch.Cause), lineBytes)
	}
}
