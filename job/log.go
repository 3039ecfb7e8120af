package job

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/mapjob/mapjob/job/internal/logline"
)

// NewLogger returns a logger for a Lambda function. It writes JSON lines with
// the names that Lambda has for time and message, at the level that the function
// is configured with (AWS_LAMBDA_LOG_LEVEL, INFO by default), and with the
// attributes that [LogHandler] adds.
func NewLogger(to io.Writer) *slog.Logger {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(os.Getenv("AWS_LAMBDA_LOG_LEVEL"))) // stays at INFO without it
	return slog.New(LogHandler(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr})))
}

// LogHandler returns a handler that adds the attributes job, execution,
// requestId and index to each line that is logged with a context of the kit's
// handlers (see [InfoOf]). They are at the top level of the line, also if the
// logger is in a group.
func LogHandler(h slog.Handler) slog.Handler { return logline.New(h, infoAttrs) }

func infoAttrs(ctx context.Context) []slog.Attr {
	info, ok := ctx.Value(infoKey{}).(*Info)
	if !ok {
		return nil
	}
	var attrs []slog.Attr
	if info.Name != "" || info.Execution != "" {
		attrs = append(attrs, slog.String("job", info.Name), slog.String("execution", info.Execution))
	}
	if info.RequestID != "" {
		attrs = append(attrs, slog.String("requestId", info.RequestID))
	}
	if info.Index != noIndex {
		attrs = append(attrs, slog.Int("index", info.Index))
	}
	return attrs
}
