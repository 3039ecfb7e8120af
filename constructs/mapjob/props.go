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
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
)

// Props are the props of a job.
type Props struct {
	// Worker handles the items. It is written with job.Work.
	// Required, unless there is a Callback or a Processor.
	Worker awslambda.IFunction

	// Callback passes the items to another system, which answers later.
	// Default: an item ends when the Worker returns.
	Callback *Callback

	// Processor returns the states that handle an item, created in a scope: any
	// chain of states in JSONata, so that an item may be a workflow of its own.
	// Create the states in the given scope only, because the function may be
	// called more than once, with a scope each time.
	//
	// The chain's input is {"index": n, "item": …, "job": {…}, "execution": ARN},
	// its output the item's result. An error that it does not catch fails the
	// item, by name, and no other item of its batch. The results of a batch take
	// 262,144 bytes at most.
	// Default: the Worker handles the items.
	Processor func(scope constructs.Construct) awsstepfunctions.IChainable

	// WorkerRetries is how many times a batch is retried if its worker crashed or
	// timed out. Throttles and failures of the Lambda service are always retried.
	// The error of a single item never repeats a batch.
	// Default: two retries.
	WorkerRetries *float64

	// JobStart gets the execution's input and yields the items. It is written with
	// job.Start. If it crashes or times out, it is invoked again.
	// Default: the items come from the Source.
	JobStart awslambda.IFunction

	// Source is where the items come from if there is no JobStart, such as
	// &CSV{Bucket: orders}.
	// Default: &JSONLines{}, an object in S3 that the input names, {"items":
	// {"bucket": …, "key": …}}. In an Inline job &InputList{}, the input itself,
	// {"items": […]}.
	Source Source

	// Summary gets the account of all items and writes the report. It is written
	// with job.Summarize.
	// Default: a Distributed job creates a function that accounts for every item
	// and writes the report. An Inline job counts its items and has no report.
	Summary awslambda.IFunction

	// FunctionSettings are the network, the role, and other settings of the functions
	// that the job creates. Give the same to your own functions, as Settings of
	// gofunction.Props. They do not matter if the job creates no function.
	// Default: the functions are in no VPC, and each has a role of its own.
	FunctionSettings *gofunction.Settings

	// PinVersions makes an execution invoke, to its end and if it is redriven, the
	// versions of its functions that were deployed with its definition. A change of a
	// function publishes a version, and versions stay when the stack has newer ones:
	// delete them when no execution needs them. The functions of a Processor are not
	// pinned.
	// Default: an execution that runs meets newly deployed functions at once.
	PinVersions *bool

	// Mode is how the Map runs and how items get to the workers: &Distributed{},
	// &ByReference{} or &Inline{}.
	// Default: &Distributed{}, batches of 100 items in Standard child executions,
	// 100 at once.
	Mode Mode

	// Overlap is what an execution does if another one of the job is running:
	// &joblock.Skip{}, &joblock.Wait{}, &joblock.Replace{} or &joblock.Fail{}.
	// Default: executions may run at the same time, and there is no lock. Any other
	// default would silently lose or delay an event.
	Overlap joblock.Overlap

	// LockTable stores the lock of a job with an Overlap. Several jobs may share a
	// table, whose partition key must be a string named lock.
	// Default: the job creates a table.
	LockTable awsdynamodb.ITable

	// Name is the job's name in its data, metrics, reports and notifications: 1 to 80
	// characters of ASCII. The metrics of jobs with one name are told apart by their
	// state machines.
	// Default: the construct's ID.
	Name *string

	// Description is the comment of the state machine's definition.
	// Default: no description.
	Description *string

	// ToleratedFailurePercentage is the share of items that may fail, 0 to 100,
	// before the job fails. Items count, not batches.
	// Default: one failed item fails the job, unless a count is tolerated.
	ToleratedFailurePercentage *float64

	// ToleratedFailureCount is how many items may fail before the job fails. If
	// there is a percentage too, the job fails as soon as either is exceeded.
	// Default: one failed item fails the job, unless a percentage is tolerated.
	ToleratedFailureCount *float64

	// Timeout stops an execution that takes longer. Waiting for the lock counts.
	// Default: an execution is stopped after one day.
	Timeout awscdk.Duration

	// ExpectedItems is how many items an execution is expected to have, at most. The
	// synthesis warns of limits that it would meet, and mapjob plan computes what it
	// costs.
	// Default: there are no such warnings.
	ExpectedItems *float64

	// ExpectedItemBytes is how many bytes an item is expected to have, as JSON. It needs
	// ExpectedItems.
	// Default: limits that depend on it are not checked.
	ExpectedItemBytes *float64

	// ExpectedItemTime is how long an item is expected to take. If the worker handles
	// several items at once, divide the time by their number. It needs ExpectedItems.
	// Default: limits that depend on it are not checked.
	ExpectedItemTime awscdk.Duration

	// ResultsBucket stores items, results and reports of the executions. Several
	// jobs may share a bucket.
	// Default: a Distributed job creates a private, encrypted bucket. An Inline job has
	// no bucket, unless Results is set.
	ResultsBucket awss3.IBucket

	// Results has the options of a results bucket that the job creates.
	// Default: objects expire after 30 days, and access is not logged.
	Results *ResultsProps

	// RemovalPolicy is what happens to the data that the job keeps, if the job or the
	// stack is deleted: to the results bucket, the lock's table, the log of the
	// executions and the logs of the functions that it creates. It is
	// awscdk.RemovalPolicy_RETAIN, _RETAIN_ON_UPDATE_OR_DELETE or _DESTROY. A bucket
	// with objects can't be deleted, unless Results.AutoDeleteObjects is set. A given
	// ResultsBucket, LockTable or function has its own policy.
	// Default: the results bucket stays. The table and the logs are deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// Notify is the topic that gets a message when an execution ends, with the
	// summary's numbers and the address of the report. If the execution was
	// skipped, aborted or timed out, or failed before the summary, the message has
	// no numbers.
	// Default: no messages.
	Notify awssns.ITopic

	// LogRetention is how long the log of the executions is kept, and the logs of
	// the functions that the job creates.
	// Default: events expire after a month.
	LogRetention awslogs.RetentionDays

	// LogData logs every event of executions and children, with the data of every
	// state: items, results, and causes of failures. The functions' logs then have
	// causes and the values of panics too. Everybody who may read the logs can read
	// the data. Each event costs its size; those of Express children, which have no
	// history, are nowhere else.
	// Default: executions are not logged, because Step Functions would log the
	// causes of failures even without data, and functions log the names of errors
	// only. The history of an execution has everything for 90 days.
	LogData *bool

	// EncryptionKey encrypts what the job creates: the definition and the data of
	// executions, the log, the bucket, the lock's table, and the functions' logs
	// and environment. The policy of an imported key must let CloudWatch Logs and
	// delivery.logs.amazonaws.com use it. A given ResultsBucket, LockTable or
	// function has its own encryption.
	// Default: keys of AWS encrypt them.
	EncryptionKey awskms.IKey
}

// Callback lets another system end an item. The worker passes a task token to it
// and returns. The item ends when the other system answers the token.
type Callback struct {
	// Worker gets the items, one at a time, and passes on their task tokens. It is
	// written with job.Callback. It is not retried if it crashes: the other
	// system would get a second request.
	// Required.
	Worker awslambda.IFunction

	// Timeout is how long the other system has. An item without an answer then
	// fails. It has to be less than the job's Timeout.
	// Default: the other system has an hour.
	Timeout awscdk.Duration

	// Heartbeat is the longest time between two heartbeats of the other system. An
	// item without one then fails.
	// Default: the other system need not send heartbeats.
	Heartbeat awscdk.Duration
}

// ResultsProps are the options of a results bucket that a job creates.
type ResultsProps struct {
	// Expiry is how long objects are kept, in whole days. It must not be less
	// than the job's Timeout.
	// Default: objects expire after 30 days.
	Expiry awscdk.Duration

	// AccessLogs is the bucket that S3 writes access logs to.
	// Default: access is not logged.
	AccessLogs awss3.IBucket

	// AutoDeleteObjects empties the bucket before it is deleted. It needs the job's
	// RemovalPolicy to be awscdk.RemovalPolicy_DESTROY. The CDK adds a function to the
	// stack for it, in JavaScript, which is in no VPC and has a role of its own.
	// Default: CloudFormation deletes the bucket only if it is empty, and otherwise
	// fails to delete the stack.
	AutoDeleteObjects *bool
}
