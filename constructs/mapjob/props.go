package mapjob

import (
	"errors"
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// Mode is how the Map runs its workers.
type Mode string

const (
	// Distributed reads the items from S3, groups them into batches and runs
	// each batch as a child execution: for any number of items.
	Distributed Mode = "Distributed"

	// Inline keeps the items in the state machine's own data and runs one
	// worker per item: for jobs of up to a few hundred small items.
	Inline Mode = "Inline"
)

// Children is the type of the child executions of a Distributed job.
type Children string

const (
	// StandardChildren run exactly once, stay visible for 90 days and can be
	// redriven where they failed.
	StandardChildren Children = "Standard"

	// ExpressChildren start ten times as fast and cost less for short
	// batches, but may run twice: the worker has to be idempotent. A batch
	// has to be done within five minutes.
	ExpressChildren Children = "Express"
)

// Handover is how items get to the workers of a Distributed job, and their
// results back.
type Handover string

const (
	// ByValue hands items and results over in the data of the child
	// executions, where they can be seen. A batch takes up to 240 KiB.
	ByValue Handover = "ByValue"

	// ByReference stores the items in chunks and hands over the address of
	// one: for batches and results of any size. A worker that crashed goes on
	// where it was, not from the start of its chunk. The functions are the same.
	ByReference Handover = "ByReference"
)

// Limits of Step Functions ("Service quotas", Map state and Express workflows).
const (
	maxInlineConcurrency      = 40
	maxDistributedConcurrency = 10_000
	maxPayloadBytes           = 262_144
	maxExpressSeconds         = 5 * 60
	maxStandardDays           = 365
)

// maxBatchBytes is what the items of a batch take at most: a payload, less
// room for what goes along with them.
const maxBatchBytes = maxPayloadBytes - 16_384

// Props of a job.
type Props struct {
	// Worker handles the items. Written with job.Work.
	// Required.
	Worker awslambda.IFunction

	// JobStart finds out what there is to do and yields the items. Written
	// with job.Start.
	// Default: the items come with the execution's input: in a Distributed
	// job as {"items": {"bucket": …, "key": …}}, the place of a JSON Lines
	// object in S3; in an Inline job as {"items": […]}.
	JobStart awslambda.IFunction

	// Summary gets the account of all items and writes the report. Written
	// with job.Summarize.
	// Default: there is no report, and in a Distributed job a batch counts as
	// failed only where it failed as a whole.
	Summary awslambda.IFunction

	// Mode is how the Map runs the workers.
	// Default: the job is Distributed.
	Mode Mode

	// Children is the type of a Distributed job's child executions.
	// Default: children are Standard.
	Children Children

	// Items is how items get to the workers of a Distributed job. By
	// reference takes a JobStart, which stores the chunks.
	// Default: items are handed over by value.
	Items Handover

	// ChunkSize is how many items are handed over by one reference, at most.
	// A chunk is closed earlier where its items would pass 16 MiB: a worker
	// holds them in memory.
	// Default: by reference, 1,000 items.
	ChunkSize *float64

	// Name is what the job is called in its data and reports.
	// Default: the construct's ID.
	Name *string

	// Description is shown with the state machine.
	// Default: no description.
	Description *string

	// MaxConcurrency is how many workers run at once, at most: 1 to 10,000,
	// Inline 1 to 40.
	// Default: 100 workers run at once, Inline 40.
	MaxConcurrency *float64

	// BatchSize is how many items one invocation of the worker gets, at most.
	// A batch is closed earlier where its items would pass 240 KiB: Step
	// Functions hands over 256 KiB at once.
	// Default: 100 items. An Inline job has no batches.
	BatchSize *float64

	// ToleratedFailurePercentage is the share of items that may fail, 0 to
	// 100, before the job counts as failed.
	// Default: one failed item fails the job.
	ToleratedFailurePercentage *float64

	// WorkerRetries is how often a batch is tried again when its worker
	// crashed or timed out. Throttling and failures of the Lambda service are
	// retried in any case, and a single item's error never repeats a batch.
	// Default: a batch is tried again twice.
	WorkerRetries *float64

	// Timeout ends an execution that takes longer.
	// Default: an execution is stopped after one day.
	Timeout awscdk.Duration

	// ResultsBucket is where executions keep items, results and reports.
	// Default: a Distributed job gets a private, encrypted bucket of its own,
	// an Inline job has none and keeps everything in its data.
	ResultsBucket awss3.IBucket

	// ResultsExpiry is how long the job's own bucket keeps them.
	// Default: objects expire after 30 days.
	ResultsExpiry awscdk.Duration

	// ItemsBucket is the bucket of the items that an input names.
	// Default: the items are in the results bucket.
	ItemsBucket awss3.IBucket

	// AccessLogs is where S3 writes down who asked for what in the job's own
	// bucket.
	// Default: nobody writes it down; a given ResultsBucket does as it is set up.
	AccessLogs awss3.IBucket

	// LogRetention is how long the log of the executions is kept. It has
	// every event of them and of their children: some 4 KB a batch, so that ten
	// million items in batches of 100 cost $0.20 of logs. Express children
	// leave no other trace.
	// Default: events expire after a month.
	LogRetention awslogs.RetentionDays

	// LogData puts the data of every state into the log, items and results
	// among it, where whoever may read logs can read them.
	// Default: the log has no data.
	LogData *bool

	// EncryptionKey encrypts the job's own bucket and its log. The policy of an
	// imported key has to let CloudWatch Logs use it; a given ResultsBucket
	// brings its own.
	// Default: keys of S3 and of CloudWatch Logs encrypt them.
	EncryptionKey awskms.IKey
}

// withDefaults is a copy in which everything is set that has a default.
func (p Props) withDefaults(id *string) Props {
	if p.Mode == "" {
		p.Mode = Distributed
	}
	if p.Children == "" {
		p.Children = StandardChildren
	}
	if p.Name == nil {
		p.Name = id
	}
	if p.MaxConcurrency == nil {
		p.MaxConcurrency = jsii.Number(100)
		if p.Mode == Inline {
			p.MaxConcurrency = jsii.Number(maxInlineConcurrency)
		}
	}
	if p.Items == "" {
		p.Items = ByValue
	}
	if p.ChunkSize == nil {
		p.ChunkSize = jsii.Number(1000)
	}
	if p.BatchSize == nil {
		p.BatchSize = jsii.Number(100)
	}
	if p.ToleratedFailurePercentage == nil {
		p.ToleratedFailurePercentage = jsii.Number(0)
	}
	if p.WorkerRetries == nil {
		p.WorkerRetries = jsii.Number(2)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Days(jsii.Number(1))
	}
	if p.ResultsExpiry == nil {
		p.ResultsExpiry = awscdk.Duration_Days(jsii.Number(30))
	}
	return p
}

// validate names every problem, each with what it got and what it expects.
func (p *Props) validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	between := func(prop string, value *float64, low, high float64, integral bool) {
		if value == nil || *awscdk.Token_IsUnresolved(*value) {
			return
		}
		if v := *value; math.IsNaN(v) || v < low || v > high || integral && v != math.Trunc(v) {
			kind := "a number"
			if integral {
				kind = "a whole number"
			}
			problem("%s: got %g, expected %s from %.0f to %.0f", prop, v, kind, low, high)
		}
	}

	if p.Worker == nil {
		problem("Worker: got nothing, expected the function that handles the items")
	}
	inline := p.Mode == Inline
	if p.Items != "" && p.Items != ByValue && p.Items != ByReference {
		problem("Items: got %q, expected %q or %q", p.Items, ByValue, ByReference)
	}
	if p.Items == ByReference {
		between("ChunkSize", p.ChunkSize, 1, 10_000_000, true)
		if inline {
			problem("Items: got %q, expected %q in an Inline job, which keeps everything in its data", p.Items, ByValue)
		}
		if p.JobStart == nil {
			problem("Items: got %q without a JobStart, expected one, written with job.Start, which stores the items in chunks", p.Items)
		}
		if p.BatchSize != nil {
			problem("BatchSize: got %g, expected none beside Items by reference: a batch is a chunk, whose size is ChunkSize", *p.BatchSize)
		}
	} else if p.ChunkSize != nil {
		problem("ChunkSize: got %g, expected none beside Items by value: chunks are for those by reference", *p.ChunkSize)
	}
	if p.Mode != "" && p.Mode != Distributed && !inline {
		problem("Mode: got %q, expected %q or %q", p.Mode, Distributed, Inline)
	}
	if p.Children != "" && p.Children != StandardChildren && p.Children != ExpressChildren {
		problem("Children: got %q, expected %q or %q", p.Children, StandardChildren, ExpressChildren)
	}
	if inline {
		between("MaxConcurrency of an Inline job", p.MaxConcurrency, 1, maxInlineConcurrency, true)
		if p.BatchSize != nil {
			problem("BatchSize: got %g, expected none in an Inline job, whose workers get one item each", *p.BatchSize)
		}
		if p.Children != "" {
			problem("Children: got %q, expected none in an Inline job, which has no child executions", p.Children)
		}
		if p.ItemsBucket != nil {
			problem("ItemsBucket: got a bucket, expected none in an Inline job, whose items are in its input")
		}
	} else {
		between("MaxConcurrency", p.MaxConcurrency, 1, maxDistributedConcurrency, true)
		between("BatchSize", p.BatchSize, 1, 100_000_000, true)
	}
	if p.ItemsBucket != nil && p.JobStart != nil {
		problem("ItemsBucket: got a bucket, expected none beside a JobStart, which stores the items in the results bucket")
	}
	if p.ResultsExpiry != nil && p.ResultsBucket != nil {
		problem("ResultsExpiry: got a duration, expected none beside a ResultsBucket, whose own lifecycle rules apply")
	}
	if p.AccessLogs != nil && (p.ResultsBucket != nil || inline) {
		problem("AccessLogs: got a bucket, expected none where the job has no bucket of its own to log")
	}
	between("ToleratedFailurePercentage", p.ToleratedFailurePercentage, 0, 100, false)
	between("WorkerRetries", p.WorkerRetries, 0, 99, true)
	if p.Timeout != nil && !*p.Timeout.IsUnresolved() {
		if s := *p.Timeout.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)}); s < 1 || s > maxStandardDays*24*3600 {
			problem("Timeout: got %g s, expected 1 s to %d days", s, maxStandardDays)
		}
	}
	if p.Children == ExpressChildren {
		if f, ok := p.Worker.(awslambda.Function); ok && f.Timeout() != nil && !*f.Timeout().IsUnresolved() {
			if s := *f.Timeout().ToSeconds(nil); s > maxExpressSeconds {
				problem("Children: got %q with a worker timeout of %g s, expected at most %d s, the longest an Express execution lasts",
					ExpressChildren, s, maxExpressSeconds)
			}
		}
	}
	return errors.Join(problems...)
}
