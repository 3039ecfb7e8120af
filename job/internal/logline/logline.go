// Package logline adds attributes of a context to the lines of a log.
package logline

import (
	"context"
	"log/slog"
	"slices"
)

// Handler adds the attributes of a line's context to the top level of the line,
// also if the logger is in a group.
type Handler struct {
	slog.Handler // with the logger's groups

	attrs func(context.Context) []slog.Attr
	top   slog.Handler                      // the handler before its first group; nil if there is none
	since []func(slog.Handler) slog.Handler // what has been done to top since
}

// New returns a handler. A [Handler] is returned as it is.
func New(h slog.Handler, attrs func(context.Context) []slog.Attr) *Handler {
	if h, ok := h.(*Handler); ok {
		return h
	}
	return &Handler{Handler: h, attrs: attrs}
}

// Handle adds the attributes and handles the line.
func (h *Handler) Handle(ctx context.Context, line slog.Record) error {
	attrs := h.attrs(ctx)
	if len(attrs) == 0 {
		return h.Handler.Handle(ctx, line)
	}
	if h.top == nil {
		line = line.Clone()
		line.AddAttrs(attrs...)
		return h.Handler.Handle(ctx, line)
	}
	in := h.top.WithAttrs(attrs)
	for _, again := range h.since {
		in = again(in)
	}
	return in.Handle(ctx, line)
}

// WithAttrs returns a handler whose lines have more attributes.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if h.top == nil {
		return &Handler{Handler: h.Handler.WithAttrs(attrs), attrs: h.attrs}
	}
	return h.then(func(in slog.Handler) slog.Handler { return in.WithAttrs(attrs) })
}

// WithGroup returns a handler whose further attributes are in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" { // is no group
		return h
	}
	return h.then(func(in slog.Handler) slog.Handler { return in.WithGroup(name) })
}

func (h *Handler) then(do func(slog.Handler) slog.Handler) slog.Handler {
	top := h.top
	if top == nil {
		top = h.Handler
	}
	return &Handler{Handler: do(h.Handler), attrs: h.attrs, top: top, since: append(slices.Clip(h.since), do)}
}
