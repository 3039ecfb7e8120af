// Package job is the handler kit: it turns plain functions into the Lambda
// functions of a job.
//
// A job is a job start, a Map over a worker, and a summary. The job start yields
// items, the worker handles one item, and the summary looks at the outcomes. The
// functions need no knowledge of batches, indexes, S3 or Step Functions: this
// package and constructs/mapjob handle them.
//
//	lambda.Start(job.Start(func(ctx context.Context, in Input) iter.Seq2[Order, error] { … }))
//	lambda.Start(job.Work(func(ctx context.Context, order Order) (Invoice, error) { … }))
//	lambda.Start(job.Summarize(func(ctx context.Context, summary *job.Summary) error { … }))
//
// Two more kinds of functions do the work of a worker: one made with [Callback]
// passes an item on to another system, which ends it later, and one made with
// [Queue] handles the messages of an SQS queue. Package jobtest runs all of them
// in a plain Go test.
//
// A property of the construct decides whether a job is Inline, with items and
// outcomes in the state machine's payloads, or Distributed, with them in S3. The
// functions are the same.
//
// # Outcomes
//
// Each item has one [Outcome]: it succeeded, with what the worker returned, or it
// failed, with the name of an error and its cause. Items fail one by one: an
// error or a panic of the handler, an item of the wrong type and the end of the
// invocation's time fail the items that they concern, and their neighbours in
// the batch keep their results. Name an error with [Errorf], by which the report
// counts; mark with [Retryable] what may succeed another time.
//
// If a handler that has no items, such as a job start, returns an error, the
// invocation fails with the error's name (see [NameOf]), and the state machine's
// Retry and Catch see that name.
//
// # Context
//
// The context of a handler ends before the invocation's time is up, by a tenth of
// the time or two seconds if that is less, so that there is time left to answer.
// A handler that is still running then is not waited for: its item, and items not
// started, fail with [ErrorDeadline], as retryable.
//
// [InfoOf] returns the job, execution, request and item of an invocation.
//
// # Logging
//
// The kit logs panics, failed invocations and little else, as JSON lines on
// standard output unless [WithLogger] says otherwise. The lines have the names of
// errors. Causes, the values of panics and other data of items are in them only if
// the job's construct has LogData set, or the handler has [LogData].
//
// The kit never changes the default logger of package slog. On Lambda, when an
// invocation fails, it takes the error's message out of the line that aws-lambda-go
// writes to the logger of package log, and writes one of its own before it. What
// your functions log, and what Go prints if a goroutine of theirs panics, is not
// filtered.
//
// If your functions log, install one in main, and every line that is logged
// with the handler's context says which item it is about:
//
//	func main() {
//		slog.SetDefault(job.NewLogger(os.Stdout))
//		lambda.Start(job.Work(…))
//	}
//
//	slog.InfoContext(ctx, "priced", "total", total) // {"level":"INFO","message":"priced","total":…,"job":…,"execution":…,"requestId":…,"index":7}
//
// [LogHandler] does the same for a handler of your own.
//
// # Dependencies
//
// Every function of this package that makes a handler takes an [Option] for what
// the handler uses: [WithS3], [WithLogger], [WithClock] and [WithMetrics].
// Without an option it uses AWS's default configuration, JSON lines on standard
// output, and the system's clock. AWS clients are made when they are first
// needed, and a client that a handler cannot need is not in its binary.
// constructs/mapjob grants the permissions that the handlers of a job need, except
// on the table of [Once].
//
// # Versions
//
// The messages between a state machine and its functions carry a version, and a
// function accepts the one before its own too. So a running execution survives a
// deployment. A message of another version fails the invocation with
// [ErrorInvalidInput].
package job
