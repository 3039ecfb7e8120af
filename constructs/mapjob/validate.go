package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/joblock"
)

// Limits of Step Functions ("Service quotas", Map state and Express workflows).
const (
	maxInlineConcurrency      = 40
	maxDistributedConcurrency = 10_000
	maxPayloadBytes           = 262_144
	maxExpressSeconds         = 5 * 60
	maxStandardSeconds        = 365 * 24 * 3600
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
	found.Number("ToleratedFailurePercentage", p.ToleratedFailurePercentage, 0, 100)
	found.Whole("ToleratedFailureCount", p.ToleratedFailureCount, 0, maxItems)
	found.Duration("Timeout", p.Timeout, 1, maxStandardSeconds)
	if p.ResultsExpiry != nil && p.ResultsBucket != nil {
		found.Add("ResultsExpiry: got a duration, expected none beside a ResultsBucket, whose own lifecycle rules apply")
	}
	if p.AccessLogs != nil && (p.ResultsBucket != nil || p.Mode == Inline) {
		found.Add("AccessLogs: got a bucket, expected none where the job has no bucket of its own to log")
	}
	return found
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
	if c := p.Callback; c != nil {
		if p.Processor != nil {
			found.Add("Callback: got one beside a Processor, expected a Worker, written with job.Callback")
		}
		if p.Children == ExpressChildren {
			found.Add("Callback: got one with %q Children, expected %q: Express executions can't wait for an answer", ExpressChildren, StandardChildren)
		}
		found.Duration("Callback.Timeout", c.Timeout, 1, maxStandardSeconds)
		found.Duration("Callback.Heartbeat", c.Heartbeat, 1, maxStandardSeconds)
		if c.Heartbeat != nil && c.Timeout != nil && refusal.Seconds(c.Heartbeat) >= refusal.Seconds(c.Timeout) {
			found.Add("Callback.Heartbeat: got %g s, expected less than the Timeout of %g s", refusal.Seconds(c.Heartbeat), refusal.Seconds(c.Timeout))
		}
	}
	if p.Children == ExpressChildren {
		if f, ok := p.Worker.(awslambda.Function); ok && f.Timeout() != nil && !*f.Timeout().IsUnresolved() {
			if s := refusal.Seconds(f.Timeout()); s > maxExpressSeconds {
				found.Add("Children: got %q with a worker timeout of %g s, expected at most %d s, the longest an Express execution lasts",
					ExpressChildren, s, maxExpressSeconds)
			}
		}
	}
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
	if p.WaitLimit != nil && p.Overlap != joblock.Wait {
		found.Add("WaitLimit: got a duration, expected none but with Overlap %q", joblock.Wait)
	}
	found.Duration("WaitLimit", p.WaitLimit, 1, maxStandardSeconds)
}
