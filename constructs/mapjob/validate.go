package mapjob

import (
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/waiting"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Limits of Step Functions ("Service quotas") and of S3.
const (
	maxExpressSeconds  = 5 * 60
	daySeconds         = 24 * 3600
	maxStandardSeconds = 365 * daySeconds
	maxExpiryDays      = 100 * 365 // S3 takes more
	maxRetries         = 99
)

// validate returns every problem with the props of a job with that ID.
func (p *Props) validate(id *string) (found refusal.Problems) {
	if p.Mode != nil {
		p.Mode.validate(&found)
	}
	p.validateWork(&found)
	p.validateSource(&found)
	p.validateTimes(&found)
	p.validateResults(&found)
	if p.LockTable != nil && p.Overlap == nil {
		found.Add("LockTable: got a table without an Overlap, expected both: executions that may overlap have no lock")
	}
	if p.Name != nil && *p.Name == "" {
		found.Add("Name: got an empty name, expected a name, or nil for the construct's ID")
	}
	if p.Notify != nil {
		found.StandardTopic("Notify", p.Notify)
		name := p.Name
		if name == nil {
			name = id
		}
		found.JobName("Name", *name)
	}
	found.Number("ToleratedFailurePercentage", p.ToleratedFailurePercentage, 0, 100)
	found.Whole("ToleratedFailureCount", p.ToleratedFailureCount, 0, protocol.MaxItems)
	found.Known("ToleratedFailurePercentage", p.ToleratedFailurePercentage)
	found.Known("ToleratedFailureCount", p.ToleratedFailureCount)
	return found
}

// validateWork checks what handles the items.
func (p *Props) validateWork(found *refusal.Problems) {
	ways := 0
	for _, given := range []bool{p.Worker != nil, p.Callback != nil, p.Processor != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		found.Add("Worker, Callback, Processor: got %d of them, expected one: what handles the items", ways)
	}
	if p.WorkerRetries != nil && p.Worker == nil {
		found.Add("WorkerRetries: got %g without a Worker, expected nil: a Processor has retries of its own, and a Callback's worker must not ask twice", *p.WorkerRetries)
	}
	found.Whole("WorkerRetries", p.WorkerRetries, 0, maxRetries)
	found.Known("WorkerRetries", p.WorkerRetries)
	if p.Callback != nil && p.Callback.Worker == nil {
		found.Add("Callback.Worker: got nothing, expected the function that passes on task tokens")
	}
	mode := p.modeOf()
	if (p.Callback != nil || p.Processor != nil) && !mode.express {
		found.Whole("Mode.BatchSize with a Callback or a Processor", mode.batchSize, 1, maxEachItem)
	}
	if mode.byReference && (p.Callback != nil || p.Processor != nil) {
		found.Add("Mode: got ByReference with a Callback or a Processor, which need the items themselves; expected Distributed or Inline")
	}
	if !mode.express {
		return
	}
	if p.Callback != nil {
		found.Add("Mode.Children: got %q with a Callback, expected %q: Express executions can't wait for an answer", ExpressChildren, StandardChildren)
	}
	if timeout := timeoutOf(p.Worker); timeout != nil && !*timeout.IsUnresolved() && refusal.Seconds(timeout) > maxExpressSeconds {
		found.Add("Mode.Children: got %q with a worker timeout of %g s, expected at most %d s, the longest an Express execution lasts",
			ExpressChildren, refusal.Seconds(timeout), maxExpressSeconds)
	}
}

// timeoutOf returns the timeout of a function, or of the function that an alias
// or a version is of. It returns nil if the timeout is not known.
func timeoutOf(function awslambda.IFunction) awscdk.Duration {
	switch f := function.(type) {
	case awslambda.Function:
		return f.Timeout()
	case awslambda.IAlias:
		return timeoutOf(f.Version())
	case awslambda.IVersion:
		return timeoutOf(f.Lambda())
	}
	return nil
}

// validateSource checks where the items come from.
func (p *Props) validateSource(found *refusal.Problems) {
	if p.Source == nil {
		return
	}
	if p.JobStart != nil {
		found.Add("Source: got one with a JobStart, which yields the items, expected one of them")
	}
	mode, source := p.modeOf(), p.sourceOf()
	source.validate(found)
	switch {
	case mode.inline && !source.inInput():
		found.Add("Source: got %T in an Inline job, whose items are in its data, expected *mapjob.InputList or nil", p.Source)
	case mode.byReference && source.inInput():
		found.Add("Source: got *mapjob.InputList with ByReference, expected Distributed: items that fit into an input need no chunks")
	case mode.byReference && source.format == protocol.FormatObjects && source.bucket != nil && source.bucket == p.ResultsBucket:
		found.Add("Source.Bucket: got the ResultsBucket, expected another one: the list of its objects would include the job's own chunks")
	}
}

// validateTimes checks that what an execution waits for ends before the
// execution does.
func (p *Props) validateTimes(found *refusal.Problems) {
	found.Duration("Timeout", p.Timeout, 1, maxStandardSeconds)
	if wait, ok := p.Overlap.(*joblock.Wait); ok {
		rule := waiting.Rule{Limit: wait.Limit, PollEvery: wait.PollEvery}
		if rule.Validate(found) {
			p.validateWithin("Overlap.Limit", rule.LimitSeconds(), found)
		}
	}
	c := p.Callback
	if c == nil {
		return
	}
	limit := c.Timeout
	if limit == nil {
		limit = awscdk.Duration_Seconds(jsii.Number(defaultCallbackSeconds))
	}
	limited := found.Duration("Callback.Timeout", limit, 1, maxStandardSeconds)
	if limited {
		p.validateWithin("Callback.Timeout", refusal.Seconds(limit), found)
	}
	beats := found.Duration("Callback.Heartbeat", c.Heartbeat, 1, maxStandardSeconds)
	if beats && limited && refusal.Seconds(c.Heartbeat) >= refusal.Seconds(limit) {
		found.Add("Callback.Heartbeat: got %.10g s, expected less than the Timeout of %.10g s", refusal.Seconds(c.Heartbeat), refusal.Seconds(limit))
	}
}

// validateWithin refuses a wait that may last as long as the execution.
func (p *Props) validateWithin(prop string, seconds float64, found *refusal.Problems) {
	if timeout, known := p.timeoutSeconds(); known && seconds >= timeout {
		found.Add("%s: got %.10g s, expected less than the Timeout of %.10g s, which ends the execution", prop, seconds, timeout)
	}
}

// timeoutSeconds returns the longest an execution lasts, if it is known.
func (p *Props) timeoutSeconds() (seconds float64, known bool) {
	switch {
	case p.Timeout == nil:
		return defaultTimeoutSeconds, true
	case *p.Timeout.IsUnresolved():
		return 0, false
	}
	return refusal.Seconds(p.Timeout), true
}

// validateResults checks the results bucket. Its objects must outlive the
// execution, which reads what it has written.
func (p *Props) validateResults(found *refusal.Problems) {
	if p.Results != nil && p.ResultsBucket != nil {
		found.Add("Results: got options of a new bucket with a ResultsBucket, expected one of them")
	}
	creates := p.ResultsBucket == nil && (p.Results != nil || !p.modeOf().inline)
	expires := float64(defaultExpiryDays * daySeconds)
	if p.Results != nil && p.Results.Expiry != nil {
		if !found.Duration("Results.Expiry", p.Results.Expiry, daySeconds, maxExpiryDays*daySeconds) {
			return
		}
		expires = refusal.Seconds(p.Results.Expiry)
		if math.Mod(expires, daySeconds) != 0 {
			found.Add("Results.Expiry: got %.10g s, expected whole days", expires)
		}
	}
	if timeout, known := p.timeoutSeconds(); known && creates && expires < timeout {
		found.Add("Results.Expiry: got %.10g s, expected at least the Timeout of %.10g s: an execution reads what it has written", expires, timeout)
	}
}
