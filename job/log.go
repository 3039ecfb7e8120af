package job

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// setUpLog makes the default logger of a Lambda function write JSON lines that
// say whom they are about. Elsewhere, in a test, the logger stays as it is.
var setUpLog = sync.OnceFunc(func() {
	if os.Getenv("AWS_LAMBDA_FUNCTION_NAME") == "" {
		return
	}
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(os.Getenv("AWS_LAMBDA_LOG_LEVEL"))) // what Lambda does not set leaves it at info
	slog.SetDefault(slog.New(&infoHandler{Handler: slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{
		Level:       level,
		ReplaceAttr: lambdacontext.ReplaceAttr, // Lambda's names for time and message
	})}))
})

// current is what this process is at work for, for lines that are logged
// without a context. A Lambda process has one invocation at a time.
var current atomic.Pointer[Info]

// infoHandler adds execution, job, request and index to every line. They stand
// at its top, whatever group the logger is in.
type infoHandler struct {
	slog.Handler                                   // in the logger's groups
	top          slog.Handler                      // in none; nil: neither is the other
	since        []func(slog.Handler) slog.Handler // how the one became the other
}

func (h *infoHandler) Handle(ctx context.Context, line slog.Record) error {
	info, ok := ctx.Value(infoKey{}).(*Info)
	if !ok {
		info = current.Load()
	}
	switch {
	case info == nil:
	case h.top == nil:
		line.AddAttrs(info.attrs()...)
	default:
		in := h.top.WithAttrs(info.attrs())
		for _, again := range h.since {
			in = again(in)
		}
		return in.Handle(ctx, line)
	}
	return h.Handler.Handle(ctx, line)
}

// attrs are whom a line is about.
func (i *Info) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("job", i.Name), slog.String("execution", i.Execution)}
	if i.RequestID != "" {
		attrs = append(attrs, slog.String("requestId", i.RequestID))
	}
	if i.Index != noIndex {
		attrs = append(attrs, slog.Int("index", i.Index))
	}
	return attrs
}

func (h *infoHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if h.top == nil {
		return &infoHandler{Handler: h.Handler.WithAttrs(attrs)}
	}
	return h.then(func(in slog.Handler) slog.Handler { return in.WithAttrs(attrs) })
}

func (h *infoHandler) WithGroup(name string) slog.Handler {
	if name == "" { // is no group
		return h
	}
	return h.then(func(in slog.Handler) slog.Handler { return in.WithGroup(name) })
}

func (h *infoHandler) then(do func(slog.Handler) slog.Handler) slog.Handler {
	top := h.top
	if top == nil {
		top = h.Handler
	}
	return &infoHandler{do(h.Handler), top, append(slices.Clip(h.since), do)}
}
