package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
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
	// StandardChildren run exactly once and stay visible for 90 days.
	StandardChildren Children = "Standard"

	// ExpressChildren start ten times as fast and cost less for short
	// batches, but may run twice: the worker has to be idempotent. A batch
	// has to be done within five minutes, in all its tries.
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

// Callback has items end when another system says so: the worker, written with
// job.Callback, hands a task token on to it and returns.
type Callback struct {
	// Timeout fails an item for which no answer came in that time. It has to be
	// less than the job's.
	// Default: the other system has an hour.
	Timeout awscdk.Duration

	// Heartbeat fails an item for which no sign of life came in that time.
	// Default: the other system need not give any.
	Heartbeat awscdk.Duration
}

// Props of a job.
type Props struct {
	// Worker handles the items. Written with job.Work, or with job.Callback
	// where there is a Callback.
	// Required, or Processor.
	Worker awslambda.IFunction

	// Processor is what happens to each item in place of a worker: any chain of
	// states in JSONata, so that an item may be a workflow of its own. Its input
	// is {"index": n, "item": …, "job": {…}, "execution": ARN}, its output the
	// item's result. An error that it does not catch fails the item, by name,
	// and touches no other item of its batch. The results of a batch take 262,144
	// bytes at most.
	// Required, or Worker.
	Processor awsstepfunctions.IChainable

	// Callback has items end when another system says so.
	// Default: an item ends when the worker returns.
	Callback *Callback

	// JobStart finds out what there is to do and yields the items. Written
	// with job.Start. One that crashed is invoked again.
	// Default: the items come from the Source.
	JobStart awslambda.IFunction

	// Source is where the items come from that no JobStart yields.
	// Default: from a JSON Lines object in S3 that the input names, as
	// {"items": {"bucket": …, "key": …}}; in an Inline job from the input
	// itself, {"items": […]}.
	Source *Source

	// Summary gets the account of all items and writes the report. Written
	// with job.Summarize.
	// Default: a Distributed job has a function of its own that accounts for
	// every item and reports; an Inline job counts, and there is no report.
	Summary awslambda.IFunction

	// Overlap is what an execution does when another one of the job runs.
	// Default: they run beside each other.
	Overlap joblock.Overlap

	// WaitLimit is how long an execution waits for its turn, with joblock.Wait.
	// The job's Timeout counts that time too.
	// Default: an execution fails after it has waited for an hour.
	WaitLimit awscdk.Duration

	// LockTable is where it is written down who runs. Many jobs may share one
	// table: its partition key has to be a string named lock.
	// Default: a job whose executions must not overlap has a table of its own.
	LockTable awsdynamodb.ITable

	// Mode is how the Map runs the workers.
	// Default: the job is Distributed.
	Mode Mode

	// Children is the type of a Distributed job's child executions.
	// Default: children are Standard.
	Children Children

	// Items is how items get to the workers of a Distributed job. By
	// reference, the job start stores the chunks; where the items come from a
	// Source the job has one of its own for that.
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

	// BatchSize is how many items one child execution gets, at most, and so
	// one invocation of the worker.
	// Default: 100 items; with a Processor or a Callback one. An Inline job has
	// no batches.
	BatchSize *float64

	// BatchBytes closes a batch before its items would take more, in bytes.
	// Default: 245,760 bytes, which is the most: Step Functions hands over
	// 262,144 at once, and something goes along with the items.
	BatchBytes *float64

	// ToleratedFailurePercentage is the share of items that may fail, 0 to
	// 100, before the job counts as failed. Items count, not batches: of a
	// batch that failed in half, half.
	// Default: one failed item fails the job, unless a count is tolerated.
	ToleratedFailurePercentage *float64

	// ToleratedFailureCount is how many items may fail before the job counts
	// as failed. Where a percentage is set too, the job fails as soon as
	// either is passed.
	// Default: one failed item fails the job, unless a percentage is tolerated.
	ToleratedFailureCount *float64

	// WorkerRetries is how often a batch is tried again when its worker
	// crashed or timed out. Throttling and failures of the Lambda service are
	// retried in any case, and a single item's error never repeats a batch.
	// Default: a batch is tried again twice; with a Callback an item is not, or
	// the other system would be asked twice.
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

	// AccessLogs is where S3 writes down who asked for what in the job's own
	// bucket.
	// Default: nobody writes it down; a given ResultsBucket does as it is set up.
	AccessLogs awss3.IBucket

	// LogRetention is how long the log of the executions is kept, and those of
	// the functions that the job has of its own. It has
	// every event of them and of their children: some 4 KB a batch, so that ten
	// million items in batches of 100 cost $0.20 of logs. Express children
	// leave no other trace.
	// Default: events expire after a month.
	LogRetention awslogs.RetentionDays

	// Notify is told how every execution ends, with the summary's numbers and
	// the report's address; of one that was skipped, aborted, timed out or
	// failed before it had any, without.
	// Default: nobody is told.
	Notify awssns.ITopic

	// LogData puts the data of every state into the log, items and results
	// among it, where whoever may read logs can read them.
	// Default: the log has no data.
	LogData *bool

	// EncryptionKey encrypts what the job has of its own: the definition and the
	// data of executions, the log, the bucket, and the functions' logs and
	// environment. The policy of an imported key has to let CloudWatch Logs and
	// delivery.logs.amazonaws.com use it; a given ResultsBucket, LockTable or
	// function brings its own.
	// Default: keys of AWS encrypt them.
	EncryptionKey awskms.IKey

	// startsItself says that JobStart is the job's own, which stores the items
	// of the Source in chunks.
	startsItself bool
}

// What applies where a prop is not set.
const (
	defaultTimeoutSeconds  = 24 * 3600
	defaultCallbackSeconds = 3600
	defaultExpiryDays      = 30
)

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
		if p.itemByItem() {
			p.BatchSize = jsii.Number(1)
		}
	}
	if p.BatchBytes == nil {
		p.BatchBytes = jsii.Number(maxBatchBytes)
	}
	if p.ToleratedFailurePercentage == nil && p.ToleratedFailureCount == nil {
		p.ToleratedFailurePercentage = jsii.Number(0)
	}
	if p.Overlap == "" {
		p.Overlap = joblock.Allow
	}
	if p.Callback != nil && p.Callback.Timeout == nil {
		p.Callback = &Callback{Timeout: awscdk.Duration_Seconds(jsii.Number(defaultCallbackSeconds)), Heartbeat: p.Callback.Heartbeat}
	}
	if p.WorkerRetries == nil {
		p.WorkerRetries = jsii.Number(2)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(defaultTimeoutSeconds))
	}
	if p.ResultsExpiry == nil {
		p.ResultsExpiry = awscdk.Duration_Days(jsii.Number(defaultExpiryDays))
	}
	return p
}

// itemByItem reports whether each item has states of its own, where else a
// batch is one invocation of the worker.
func (p *Props) itemByItem() bool {
	return p.Mode == Inline || p.Processor != nil || p.Callback != nil
}
