package job

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/logline"
)

// Option sets what a handler uses. Every function that makes a handler takes
// options; a handler ignores those that it does not need.
type Option struct{ set func(*settings) }

// settings has the dependencies of all kinds of handlers.
type settings struct {
	store   *s3object.Store
	logger  *slog.Logger
	now     func() time.Time
	metrics io.Writer
	logData bool
}

// newSettings applies the options over the defaults.
func newSettings(options []Option) settings {
	s := defaults()
	for _, o := range options {
		o.set(&s)
	}
	return s
}

func defaults() settings {
	return settings{store: s3object.New(nil), logger: NewLogger(os.Stdout), now: time.Now, metrics: os.Stdout}
}

// WithS3 sets the client for items, outcomes and reports. Default: a client of
// the default AWS configuration, made when it is first needed.
func WithS3(client *s3.Client) Option {
	return Option{func(s *settings) { s.store = s3object.New(client) }}
}

// WithLogger sets where the kit logs, such as the panics of a handler and the items
// that failed. Its lines have the attributes that [LogHandler] adds, with any logger. Default:
// [NewLogger] on standard output, from where Lambda sends them to CloudWatch Logs.
func WithLogger(logger *slog.Logger) Option { return Option{func(s *settings) { s.logger = logger }} }

// LogData lets the kit log what may have data of items: causes of failures, the
// values of panics, the keys of [Once]. Everybody who may read the function's log
// can then read them. The functions of a job whose construct has LogData set do so
// without this option. By default, the log has the names of errors only.
func LogData() Option { return Option{func(s *settings) { s.logData = true }} }

// WithClock sets where the times come from that a handler writes down: when an
// item began and how long it took, when the report was written, when a record of
// [Once] expires. Default: time.Now. Deadlines and pauses run on the system's
// clock; in a test, package testing/synctest replaces both.
func WithClock(now func() time.Time) Option { return Option{func(s *settings) { s.now = now }} }

// WithMetrics sets where a summary writes its metrics, in CloudWatch's embedded
// metric format. Default: standard output, where CloudWatch Logs finds them.
func WithMetrics(to io.Writer) Option { return Option{func(s *settings) { s.metrics = to }} }

// log returns the logger for a line of the kit's own. Of its [logline.Data] it
// writes only what the invocation may log.
func (s *settings) log() *slog.Logger {
	return slog.New(logline.WithoutData(LogHandler(s.logger.Handler()), func(ctx context.Context) bool {
		info, ok := ctx.Value(infoKey{}).(*Info)
		return ok && info.logData
	}))
}

// WorkOption sets how a worker handles items: [Concurrency], [Tries], [Once], and
// any [Option].
type WorkOption interface{ applyToWork(*workOptions) }

type workOptions struct {
	settings
	concurrency int
	tries       int
	guard       any // a guard[Item]; nil if an item is done as often as it is delivered
}

func (o Option) applyToWork(w *workOptions) { o.set(&w.settings) }

type workOption func(*workOptions)

func (o workOption) applyToWork(w *workOptions) { o(w) }

// Concurrency lets a worker handle up to n items of a batch at once, which helps
// if the handler waits for other systems more than it computes. The handler must
// be safe for it. The default is one.
func Concurrency(n int) WorkOption {
	return workOption(func(o *workOptions) { o.concurrency = max(1, n) })
}

// Tries sets how often an item is tried whose errors are retryable, the first
// time included. The default is three.
func Tries(n int) WorkOption { return workOption(func(o *workOptions) { o.tries = max(1, n) }) }
