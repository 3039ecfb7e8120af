package lambdahost

import (
	"fmt"
	"io"
	"time"
)

// Option configures a Host.
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
		return fmt.Errorf("got concurrency %d for the Lambda host, expected at least 1", s.concurrency)
	}
	if s.coldStartTimeout <= 0 {
		return fmt.Errorf("got cold start timeout %s for the Lambda host, expected more than 0", s.coldStartTimeout)
	}
	return nil
}

// WithAddr sets the address of the Invoke API. Default: a free port of 127.0.0.1.
func WithAddr(addr string) Option {
	return func(s *settings) { s.addr = addr }
}

// WithLogs sets the writers for standard output and standard error of the functions.
// A writer gets one whole line in each Write, and never two at once, even if several
// functions share it. If it has the method WriteOf(requestID string, line []byte), that
// gets the lines in place of Write, with the invocation in which the process wrote them.
// Default: the output is discarded.
func WithLogs(open func(function string) io.Writer) Option {
	return func(s *settings) { s.logs = open }
}

// WithConcurrency sets how many invocations may be under way at once in all
// functions. As in Lambda, further ones are throttled, not queued. It also limits
// the number of processes: if a function needs another one, the idle process that
// was used least recently is stopped. Default: 1000, as in Lambda.
func WithConcurrency(n int) Option {
	return func(s *settings) { s.concurrency = n }
}

// WithColdStartTimeout sets the longest time from the start of a process to its
// first request for an invocation. A process that takes longer is killed, and another
// one is started that has the function's timeout. Default: ten seconds, as in Lambda.
func WithColdStartTimeout(d time.Duration) Option {
	return func(s *settings) { s.coldStartTimeout = d }
}

// WithEventRetryDelays sets the delays before the two retries of a failed
// asynchronous invocation (type Event). Default: one and two minutes, as in Lambda.
func WithEventRetryDelays(first, second time.Duration) Option {
	return func(s *settings) { s.eventRetryDelays = []time.Duration{first, second} }
}
