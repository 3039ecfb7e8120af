package mapjob

import (
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/observe"
)

// Limits of Step Functions ("Service quotas", Map state and Express workflows).
const (
	maxInlineConcurrency      = 40
	maxDistributedConcurrency = 10_000
	maxPayloadBytes           = 262_144
	maxExpressSeconds         = 5 * 60
	daySeconds                = 24 * 3600
	maxStandardSeconds        = 365 * daySeconds
	maxExpiryDays             = 100 * 365 // S3 takes more
	maxItems                  = 100_000_000
)

// maxBatchBytes is what the items of a batch take at most: a payload, less
// room for what goes along with them.
const maxBatchBytes = maxPayloadBytes - 16_384

// validate names every problem, each with what it got and what it expects.
func (p *Props) validate() (found refusal.Problems) {
	p.validateMode(&found)
	p.validateWork(&found)
	p.validateItems(&found)
	p.validateOverlap(&found)
	p.validateTimes(&found)
	p.validateNames(&found)
	found.Number("ToleratedFailurePercentage", p.ToleratedFailurePercentage, 0, 100)
	found.Whole("ToleratedFailureCount", p.ToleratedFailureCount, 0, maxItems)
	found.Known("ToleratedFailurePercentage", p.ToleratedFailurePercentage)
	found.Known("ToleratedFailureCount", p.ToleratedFailureCount)
	if p.AccessLogs != nil && (p.ResultsBucket != nil || p.Mode == Inline) {
		found.Add("AccessLogs: got a bucket, expected none where the job has no bucket of its own to log")
	}
	return found
}

// validateTimes holds times to each other: whatever is waited for ends before
// the execution does, and its objects are kept until then.
func (p *Props) validateTimes(found *refusal.Problems) {
	timeout, known := float64(defaultTimeoutSeconds), p.Timeout == nil
	if found.Duration("Timeout", p.Timeout, 1, maxStandardSeconds) {
		timeout, known = refusal.Seconds(p.Timeout), true
	}
	within := func(prop string, d awscdk.Duration, otherwise float64) {
		s := otherwise
		if d != nil {
			if !found.Duration(prop, d, 1, maxStandardSeconds) {
				return
			}
			s = refusal.Seconds(d)
		}
		if known && s >= timeout {
			found.Add("%s: got %.10g s, expected less than the Timeout of %.10g s, which ends the execution", prop, s, timeout)
		}
	}
	if p.Overlap == joblock.Wait {
		within("WaitLimit", p.WaitLimit, joblock.DefaultWaitSeconds)
	} else if p.WaitLimit != nil {
		found.Add("WaitLimit: got a duration, expected none but with Overlap %q", joblock.Wait)
	}
	if c := p.Callback; c != nil {
		within("Callback.Timeout", c.Timeout, defaultCallbackSeconds)
		limit := c.Timeout
		if limit == nil {
			limit = awscdk.Duration_Seconds(jsii.Number(defaultCallbackSeconds))
		}
		if found.Duration("Callback.Heartbeat", c.Heartbeat, 1, maxStandardSeconds) && !*limit.IsUnresolved() &&
			refusal.Seconds(c.Heartbeat) >= refusal.Seconds(limit) {
			found.Add("Callback.Heartbeat: got %.10g s, expected less than the Timeout of %.10g s", refusal.Seconds(c.Heartbeat), refusal.Seconds(limit))
		}
	}
	expires := float64(defaultExpiryDays * daySeconds)
	if p.ResultsExpiry != nil {
		if p.ResultsBucket != nil {
			found.Add("ResultsExpiry: got a duration, expected none beside a ResultsBucket, whose own lifecycle rules apply")
			return
		}
		if !found.Duration("ResultsExpiry", p.ResultsExpiry, daySeconds, maxExpiryDays*daySeconds) {
			return
		}
		expires = refusal.Seconds(p.ResultsExpiry)
		if math.Mod(expires, daySeconds) != 0 {
			found.Add("ResultsExpiry: got %.10g s, expected whole days", expires)
		}
	}
	if known && p.Mode != Inline && p.ResultsBucket == nil && expires < timeout {
		found.Add("ResultsExpiry: got %.10g s, expected at least the Timeout of %.10g s: an execution reads what it has written", expires, timeout)
	}
}

// validateNames looks at what the job is called, in messages too.
func (p *Props) validateNames(found *refusal.Problems) {
	if p.Name != nil && *p.Name == "" {
		found.Add("Name: got an empty one, expected a name, or none at all for the construct's ID")
	}
	if p.Notify != nil {
		if fifo := p.Notify.Fifo(); fifo != nil && *fifo {
			found.Add("Notify: got a FIFO topic, expected a standard one")
		}
		if p.Name != nil && !observe.CanBeTold(*p.Name) {
			found.Add("Name: got %q beside Notify, expected at most %d characters of ASCII: it begins the subject of a message", *p.Name, observe.MaxJobName)
		}
	}
}

func (p *Props) validateMode(found *refusal.Problems) {
	if p.Mode != "" && p.Mode != Distributed && p.Mode != Inline {
		found.Add("Mode: got %q, expected %q or %q", p.Mode, Distributed, Inline)
	}
	if p.Mode == Inline {
		found.Whole("MaxConcurrency of an Inline job", p.MaxConcurrency, 1, maxInlineConcurrency)
		if p.BatchSize != nil {
			found.Add("BatchSize: got %g, expected none in an Inline job, whose workers get one item each", *p.BatchSize)
		}
		if p.BatchBytes != nil {
			found.Add("BatchBytes: got %g, expected none in an Inline job, whose workers get one item each", *p.BatchBytes)
		}
		if p.Children != "" {
			found.Add("Children: got %q, expected none in an Inline job, which has no child executions", p.Children)
		}
	} else {
		found.Whole("MaxConcurrency", p.MaxConcurrency, 1, maxDistributedConcurrency)
		found.Whole("BatchSize", p.BatchSize, 1, maxItems)
		found.Whole("BatchBytes", p.BatchBytes, 1, maxBatchBytes)
	}
	if p.Children != "" && p.Children != StandardChildren && p.Children != ExpressChildren {
		found.Add("Children: got %q, expected %q or %q", p.Children, StandardChildren, ExpressChildren)
	}
}

// validateWork looks at what is done to each item.
func (p *Props) validateWork(found *refusal.Problems) {
	switch {
	case p.Worker == nil && p.Processor == nil:
		found.Add("Worker: got nothing, expected the function that handles the items")
	case p.Worker != nil && p.Processor != nil:
		found.Add("Processor: got one beside a Worker, expected one of them")
	}
	if p.Processor != nil && p.WorkerRetries != nil {
		found.Add("WorkerRetries: got %g, expected none beside a Processor, whose states have retries of their own", *p.WorkerRetries)
	}
	found.Whole("WorkerRetries", p.WorkerRetries, 0, 99)
	found.Known("WorkerRetries", p.WorkerRetries)
	if p.Callback != nil {
		if p.WorkerRetries != nil {
			found.Add("WorkerRetries: got %g, expected none beside a Callback: the other system would be asked twice", *p.WorkerRetries)
		}
		if p.Processor != nil {
			found.Add("Callback: got one beside a Processor, expected a Worker, written with job.Callback")
		}
		if p.Children == ExpressChildren {
			found.Add("Callback: got one with %q Children, expected %q: Express executions can't wait for an answer", ExpressChildren, StandardChildren)
		}
	}
	if p.Children == ExpressChildren {
		if timeout := timeoutOf(p.Worker); timeout != nil && !*timeout.IsUnresolved() && refusal.Seconds(timeout) > maxExpressSeconds {
			found.Add("Children: got %q with a worker timeout of %g s, expected at most %d s, the longest an Express execution lasts",
				ExpressChildren, refusal.Seconds(timeout), maxExpressSeconds)
		}
	}
	if p.Processor != nil {
		p.validateProcessor(found)
	}
}

// timeoutOf is the timeout of a function, or of what it is a version of. It is
// nil where it is not known.
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

// validateItems looks at where items come from and how they are handed over.
func (p *Props) validateItems(found *refusal.Problems) {
	switch p.Items {
	case "", ByValue:
		if p.ChunkSize != nil {
			found.Add("ChunkSize: got %g, expected none beside Items by value: chunks are for those by reference", *p.ChunkSize)
		}
	case ByReference:
		found.Whole("ChunkSize", p.ChunkSize, 1, 10_000_000)
		if p.Mode == Inline {
			found.Add("Items: got %q, expected %q in an Inline job, which keeps everything in its data", p.Items, ByValue)
		}
		if p.Processor != nil || p.Callback != nil {
			found.Add("Items: got %q, expected %q beside a Processor or a Callback, whose states get the items themselves", p.Items, ByValue)
		}
		if p.BatchSize != nil || p.BatchBytes != nil {
			found.Add("BatchSize, BatchBytes: got them beside Items by reference, expected none: a batch is a chunk, whose size is ChunkSize")
		}
	default:
		found.Add("Items: got %q, expected %q or %q", p.Items, ByValue, ByReference)
	}
	if p.Source == nil {
		return
	}
	if p.JobStart != nil {
		found.Add("Source: got one beside a JobStart, which yields the items, expected one of them")
	}
	if b := p.Source.Bucket; b != nil && b == p.ResultsBucket && p.Source.Format == ObjectList && p.Items == ByReference {
		found.Add("Source.Bucket: got the ResultsBucket, expected another one: the list of its objects would have the chunks of itself")
	}
	p.Source.validate(p.Mode, p.Items, found)
}

func (p *Props) validateOverlap(found *refusal.Problems) {
	switch p.Overlap {
	case joblock.Skip, joblock.Wait, joblock.Replace, joblock.Fail:
	case "", joblock.Allow:
		if p.LockTable != nil {
			found.Add("LockTable: got a table, expected none where executions may overlap")
		}
	default:
		found.Add("Overlap: got %q, expected %q, %q, %q, %q or %q", p.Overlap, joblock.Allow, joblock.Skip, joblock.Wait, joblock.Replace, joblock.Fail)
	}
}
