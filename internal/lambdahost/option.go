package lambdahost

import (
	"fmt"
	"io"
	"time"
)

// Option sets something about a host.
type Option func(*settings)

type settings struct {
	addr             string
	logs             func(function string) io.Writer
	concurrency      int
	coldStartTimeout time.Duration
	eventRetryDelays []time.Duration
}

func defaultSettings() settings {
	return settings{
		addr: "127.0.0.1:0",
		logs: func(string) io.Writer { return io.Discard },
		// Lambda's default for an account in a region (developer guide, "Lambda quotas").
		concurrency: 1000,
		// "The Init phase is limited to 10 seconds" (developer guide,
		// "Understanding the Lambda execution environment lifecycle").
		coldStartTimeout: 10 * time.Second,
		// "Lambda waits one minute before the second attempt and two minutes before
		// the third" (developer guide, "How Lambda handles errors and retries with
		// asynchronous invocation").
		eventRetryDelays: []time.Duration{time.Minute, 2 * time.Minute},
	}
}

func (s *settings) validate() error {
	if s.concurrency < 1 {
		return fmt.Errorf("the concurrency of a lambda host must be at least 1, got %d", s.concurrency)
	}
	if s.coldStartTimeout <= 0 {
		return fmt.Errorf("the cold start timeout of a lambda host must be positive, got %s", s.coldStartTimeout)
	}
	return nil
}

// WithAddr sets the address of the Invoke API. Default: a free port of 127.0.0.1.
func WithAddr(addr string) Option {
	return func(s *settings) { s.addr = addr }
}

// WithLogs sets where the standard output and standard error of a function go.
// The writer gets whole lines, one in each Write, and never two at once, even if
// it is the same one for several functions. Default: they are discarded.
func WithLogs(open func(function string) io.Writer) Option {
	return func(s *settings) { s.logs = open }
}

// WithConcurrency sets how many invocations may be under way at once over all
// functions. A further one is throttled, as in Lambda, not queued. Processes
// that wait for work are stopped, least recently used first, when a function
// needs a process beyond this number. Default: 1000, as in Lambda.
func WithConcurrency(n int) Option {
	return func(s *settings) { s.concurrency = n }
}

// WithColdStartTimeout sets how long a process may take from its start to its
// first request for an invocation. Default: ten seconds, as in Lambda.
func WithColdStartTimeout(d time.Duration) Option {
	return func(s *settings) { s.coldStartTimeout = d }
}

// WithEventRetryDelays sets how long an asynchronous invocation (type Event)
// that failed waits before its first and its second retry. Default: one minute
// and two minutes, as in Lambda.
func WithEventRetryDelays(first, second time.Duration) Option {
	return func(s *settings) { s.eventRetryDelays = []time.Duration{first, second} }
}
