package job

import (
	"context"
	"log/slog"
	"os"
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
	slog.SetDefault(slog.New(&infoHandler{slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{
		Level:       level,
		ReplaceAttr: lambdacontext.ReplaceAttr, // Lambda's names for time and message
	})}))
})

// current is what this process is at work for, for lines that are logged
// without a context. A Lambda process has one invocation at a time.
var current atomic.Pointer[Info]

// infoHandler adds execution, job, request and index to every line.
type infoHandler struct{ slog.Handler }

func (h *infoHandler) Handle(ctx context.Context, line slog.Record) error {
	info, ok := ctx.Value(infoKey{}).(*Info)
	if !ok {
		info = current.Load()
	}
	if info != nil {
		line.AddAttrs(slog.String("job", info.Name), slog.String("execution", info.Execution))
		if info.RequestID != "" {
			line.AddAttrs(slog.String("requestId", info.RequestID))
		}
		if info.Index != noIndex {
			line.AddAttrs(slog.Int("index", info.Index))
		}
	}
	return h.Handler.Handle(ctx, line)
}

func (h *infoHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &infoHandler{h.Handler.WithAttrs(attrs)}
}

func (h *infoHandler) WithGroup(name string) slog.Handler {
	return &infoHandler{h.Handler.WithGroup(name)}
}
