package job

import (
	"context"
	"log/slog"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/logline"
)

// The longest name and cause of an error in a line of the log, in bytes.
const (
	maxLoggedName  = 200
	maxLoggedCause = 1000
)

// logFailed writes the line about an item that failed. ctx is the item's. attempt is
// how often the handler was called for the item; 0: it is not known, or it was not
// called.
func (s *settings) logFailed(ctx context.Context, o *protocol.Outcome, attempt int, more ...slog.Attr) {
	attrs := append(make([]slog.Attr, 0, 8), slog.String("error", logline.Short(o.Error, maxLoggedName)))
	if attempt > 0 {
		attrs = append(attrs, slog.Int("attempt", attempt))
	}
	attrs = append(append(attrs, more...), slog.Any("cause", logline.Data(logline.Short(o.Cause, maxLoggedCause))))
	s.log().LogAttrs(ctx, slog.LevelError, "item failed", attrs...)
}

// logNotStarted writes the line about items that were not started before the time was
// up. A chunk may have millions.
func (s *settings) logNotStarted(invocation *infoContext, first, last, count int) {
	s.log().LogAttrs(invocation, slog.LevelError, "items not started", slog.String("error", ErrorDeadline),
		slog.Int("first", first), slog.Int("last", last), slog.Int("count", count))
}
