// Package functionlog reads what the functions of a job have logged about its items,
// and finds the invocations that handled an item.
package functionlog

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"
)

// Query chooses lines.
type Query struct {
	Execution string // ARN
	Item      *int   // nil: lines about failed items
	From      time.Time
	To        time.Time // zero: now
}

// Wants reports whether a query chooses a line.
func (q *Query) Wants(l *Line) bool {
	switch {
	case l.Execution != q.Execution:
		return false
	case q.Item != nil:
		return l.IsOf(*q.Item)
	}
	return l.isFailure()
}

// MayWant reports whether a query may want the line that a text is. It is much faster
// than parsing the line.
func (q *Query) MayWant(text []byte) bool {
	if !bytes.Contains(text, []byte(q.Execution)) {
		return false
	}
	if bytes.Contains(text, []byte(messageNotStarted)) {
		return true
	}
	if q.Item == nil {
		return bytes.Contains(text, []byte(messageFailed)) || bytes.Contains(text, []byte(messageInvocation))
	}
	const space = " \t"
	index := strconv.AppendInt(nil, int64(*q.Item), 10)
	for rest := text; ; {
		_, after, found := bytes.Cut(rest, []byte(`"index"`))
		if !found {
			return false
		}
		rest = after
		value, ok := bytes.CutPrefix(bytes.TrimLeft(rest, space), []byte(":"))
		if ok && bytes.HasPrefix(bytes.TrimLeft(value, space), index) {
			return true
		}
	}
}

// Log has the lines of functions. It reads them as a stream.
type Log interface {
	// Name says which log it is.
	Name() string
	// Search calls do with the lines that a query wants.
	Search(ctx context.Context, q *Query, do func(*Line) error) error
	// Invocation calls do with the lines of an invocation, in their order.
	Invocation(ctx context.Context, q *Query, requestID string, do func(*Line) error) error
}

// pattern returns the filter pattern of CloudWatch Logs for a query (CloudWatch Logs
// user guide, "Filter pattern syntax for metric filters, subscription filters, filter
// log events, and Live Tail").
func (q *Query) pattern() string {
	of := "($.execution = " + strconv.Quote(q.Execution) + ")"
	if q.Item == nil {
		return fmt.Sprintf(`{ %s && (($.message = %q) || ($.message = %q) || ($.message = %q)) }`, of, messageFailed, messageNotStarted, messageInvocation)
	}
	return fmt.Sprintf(`{ %s && (($.index = %[2]d) || (($.message = %q) && ($.first <= %[2]d) && ($.last >= %[2]d))) }`, of, *q.Item, messageNotStarted)
}
