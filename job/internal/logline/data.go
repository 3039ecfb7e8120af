package logline

import (
	"context"
	"log/slog"
	"strings"
)

// Data is an attribute's value that may have data of an item, such as the message
// of an error. It is written as a text, and only to a log that may have data.
type Data string

// Short returns at most the given number of bytes of a text, and an ellipsis if it has
// more.
func Short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// WithoutData returns a handler that leaves out the attributes with [Data] from
// lines whose context may not log it.
func WithoutData(h slog.Handler, mayLog func(context.Context) bool) slog.Handler {
	return &dataHandler{h, mayLog}
}

type dataHandler struct {
	slog.Handler

	mayLog func(context.Context) bool
}

func (h *dataHandler) Handle(ctx context.Context, line slog.Record) error {
	kept := slog.NewRecord(line.Time, line.Level, line.Message, line.PC)
	mayLog := h.mayLog(ctx)
	line.Attrs(func(a slog.Attr) bool {
		data, isData := a.Value.Any().(Data)
		switch {
		case !isData:
			kept.AddAttrs(a)
		case mayLog:
			kept.AddAttrs(slog.String(a.Key, string(data)))
		}
		return true
	})
	return h.Handler.Handle(ctx, kept)
}

func (h *dataHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &dataHandler{h.Handler.WithAttrs(attrs), h.mayLog}
}

func (h *dataHandler) WithGroup(name string) slog.Handler {
	return &dataHandler{h.Handler.WithGroup(name), h.mayLog}
}
