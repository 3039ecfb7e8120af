package mapjob

import (
	"errors"
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
)

// Limits of Step Functions ("Service quotas", Map state and Express workflows).
const (
	maxInlineConcurrency      = 40
	maxDistributedConcurrency = 10_000
	maxPayloadBytes           = 262_144
	maxExpressSeconds         = 5 * 60
	maxStandardDays           = 365
	maxItems                  = 100_000_000
)

// maxBatchBytes is what the items of a batch take at most: a payload, less
// room for what goes along with them.
const maxBatchBytes = maxPayloadBytes - 16_384

// problems collects what is wrong with props.
type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

const (
	whole    = true
	fraction = false
)

// between refuses a number outside its bounds.
func (p *problems) between(prop string, value *float64, low, high float64, integral bool) {
	if value == nil || *awscdk.Token_IsUnresolved(*value) {
		return
	}
	if v := *value; math.IsNaN(v) || v < low || v > high || integral && v != math.Trunc(v) {
		kind := "a number"
		if integral {
			kind = "a whole number"
		}
		p.add("%s: got %g, expected %s from %.0f to %.0f", prop, v, kind, low, high)
	}
}

// lasts refuses a duration outside its bounds, in seconds.
func (p *problems) lasts(prop string, d awscdk.Duration, low, high float64, bounds string) {
	if d == nil || *d.IsUnresolved() {
		return
	}
	if s := seconds(d); s < low || s > high {
		p.add("%s: got %g s, expected %s", prop, s, bounds)
	}
}

func seconds(d awscdk.Duration) float64 {
	return *d.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
}

// validate names every problem, each with what it got and what it expects.
func (p *Props) validate() error {
	var found problems
	p.validateMode(&found)
	p.validateWork(&found)
	p.validateItems(&found)
	p.validateOverlap(&found)
	found.between("ToleratedFailurePercentage", p.ToleratedFailurePercentage, 0, 100, fraction)
	found.between("ToleratedFailureCount", p.ToleratedFailureCount, 0, maxItems, whole)
	found.lasts("Timeout", p.Timeout, 1, maxStandardDays*24*3600, fmt.Sprintf("1 s to %d days", maxStandardDays))
	if p.ResultsExpiry != nil && p.ResultsBucket != nil {
		found.add("ResultsExpiry: got a duration, expected none beside a ResultsBucket, whose own lifecycle rules apply")
	}
	if p.AccessLogs != nil && (p.ResultsBucket != nil || p.Mode == Inline) {
		found.add("AccessLogs: got a bucket, expected none where the job has no bucket of its own to log")
	}
	return errors.Join(found...)
}

func (p *Props) validateMode(found *problems) {
	if p.Mode != "" && p.Mode != Distributed && p.Mode != Inline {
		found.add("Mode: got %q, expected %q or %q", p.Mode, Distributed, Inline)
	}
	if p.Mode == Inline {
		found.between("MaxConcurrency of an Inline job", p.MaxConcurrency, 1, maxInlineConcurrency, whole)
		if p.BatchSize != nil {
			found.add("BatchSize: got %g, expected none in an Inline job, whose workers get one item each", *p.BatchSize)
		}
		if p.BatchBytes != nil {
			found.add("BatchBytes: got %g, expected none in an Inline job, whose workers get one item each", *p.BatchBytes)
		}
		if p.Children != "" {
			found.add("Children: got %q, expected none in an Inline job, which has no child executions", p.Children)
		}
	} else {
		found.between("MaxConcurrency", p.MaxConcurrency, 1, maxDistributedConcurrency, whole)
		found.between("BatchSize", p.BatchSize, 1, maxItems, whole)
		found.between("BatchBytes", p.BatchBytes, 1, maxBatchBytes, whole)
	}
	if p.Children != "" && p.Children != StandardChildren && p.Children != ExpressChildren {
		found.add("Children: got %q, expected %q or %q", p.Children, StandardChildren, ExpressChildren)
	}
}

// validateWork looks at what is done to each item.
func (p *Props) validateWork(found *problems) {
	switch {
	case p.Worker == nil && p.Processor == nil:
		found.add("Worker: got nothing, expected the function that handles the items")
	case p.Worker != nil && p.Processor != nil:
		found.add("Processor: got one beside a Worker, expected one of them")
	}
	if p.Processor != nil && p.WorkerRetries != nil {
		found.add("WorkerRetries: got %g, expected none beside a Processor, whose states have retries of their own", *p.WorkerRetries)
	}
	found.between("WorkerRetries", p.WorkerRetries, 0, 99, whole)
	if c := p.Callback; c != nil {
		if p.Processor != nil {
			found.add("Callback: got one beside a Processor, expected a Worker, written with job.Callback")
		}
		if p.Children == ExpressChildren {
			found.add("Callback: got one with %q Children, expected %q: Express executions can't wait for an answer", ExpressChildren, StandardChildren)
		}
		found.lasts("Callback.Timeout", c.Timeout, 1, maxStandardDays*24*3600, fmt.Sprintf("1 s to %d days", maxStandardDays))
		found.lasts("Callback.Heartbeat", c.Heartbeat, 1, maxStandardDays*24*3600, fmt.Sprintf("1 s to %d days", maxStandardDays))
		if c.Heartbeat != nil && c.Timeout != nil && seconds(c.Heartbeat) >= seconds(c.Timeout) {
			found.add("Callback.Heartbeat: got %g s, expected less than the Timeout of %g s", seconds(c.Heartbeat), seconds(c.Timeout))
		}
	}
	if p.Children == ExpressChildren {
		if f, ok := p.Worker.(awslambda.Function); ok && f.Timeout() != nil && !*f.Timeout().IsUnresolved() {
			if s := seconds(f.Timeout()); s > maxExpressSeconds {
				found.add("Children: got %q with a worker timeout of %g s, expected at most %d s, the longest an Express execution lasts",
					ExpressChildren, s, maxExpressSeconds)
			}
		}
	}
}

// validateItems looks at where items come from and how they are handed over.
func (p *Props) validateItems(found *problems) {
	switch p.Items {
	case "", ByValue:
		if p.ChunkSize != nil {
			found.add("ChunkSize: got %g, expected none beside Items by value: chunks are for those by reference", *p.ChunkSize)
		}
	case ByReference:
		found.between("ChunkSize", p.ChunkSize, 1, 10_000_000, whole)
		if p.Mode == Inline {
			found.add("Items: got %q, expected %q in an Inline job, which keeps everything in its data", p.Items, ByValue)
		}
		if p.Processor != nil || p.Callback != nil {
			found.add("Items: got %q, expected %q beside a Processor or a Callback, whose states get the items themselves", p.Items, ByValue)
		}
		if p.BatchSize != nil || p.BatchBytes != nil {
			found.add("BatchSize, BatchBytes: got them beside Items by reference, expected none: a batch is a chunk, whose size is ChunkSize")
		}
	default:
		found.add("Items: got %q, expected %q or %q", p.Items, ByValue, ByReference)
	}
	if p.Source == nil {
		return
	}
	if p.JobStart != nil {
		found.add("Source: got one beside a JobStart, which yields the items, expected one of them")
	}
	if b := p.Source.Bucket; b != nil && b == p.ResultsBucket && p.Source.Format == ObjectList && p.Items == ByReference {
		found.add("Source.Bucket: got the ResultsBucket, expected another one: the list of its objects would have the chunks of itself")
	}
	p.Source.validate(p.Mode, p.Items, found)
}

func (p *Props) validateOverlap(found *problems) {
	switch p.Overlap {
	case joblock.Skip, joblock.Wait, joblock.Replace, joblock.Fail:
	case "", joblock.Allow:
		if p.LockTable != nil {
			found.add("LockTable: got a table, expected none where executions may overlap")
		}
	default:
		found.add("Overlap: got %q, expected %q, %q, %q, %q or %q", p.Overlap, joblock.Allow, joblock.Skip, joblock.Wait, joblock.Replace, joblock.Fail)
	}
	if p.WaitLimit != nil && p.Overlap != joblock.Wait {
		found.add("WaitLimit: got a duration, expected none but with Overlap %q", joblock.Wait)
	}
	found.lasts("WaitLimit", p.WaitLimit, 1, maxStandardDays*24*3600, fmt.Sprintf("1 s to %d days", maxStandardDays))
}
