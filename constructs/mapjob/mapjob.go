// Package mapjob is a fan-out job on AWS Step Functions: a job start that
// yields items, a Map that hands each of them to a worker, and a summary that
// accounts for every one.
//
// The smallest job is a worker:
//
//	mapjob.New(stack, jsii.String("Invoicing"), &mapjob.Props{Worker: worker})
//
// The three functions are written with package job of this module and see
// nothing of the state machine around them.
package mapjob

import (
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/observe"
)

// Job is a job in a stack. Everything that it created can be reached from it.
type Job interface {
	constructs.Construct

	// StateMachine is the engine of the job: start an execution of it to run
	// the job, and use it wherever a state machine is wanted.
	StateMachine() awsstepfunctions.StateMachine

	// ResultsBucket holds, per execution, the items, the results and the
	// report. It is nil for an Inline job that was not given one.
	ResultsBucket() awss3.IBucket

	// Map is the Map state, for what this construct has no prop for.
	Map() awsstepfunctions.State

	// Lock keeps executions from overlapping. It is nil where they may.
	Lock() joblock.Lock

	// Summary is the function that accounts for the items: the given one, or
	// the job's own. It is nil for an Inline job that was not given one.
	Summary() awslambda.IFunction

	// JobStart is the function that yields the items: the given one, or by
	// reference the job's own, which stores those of the Source in chunks. It
	// is nil where the Map reads the items itself.
	JobStart() awslambda.IFunction

	// GrantRead lets whatever reads items read those in a bucket: the Map, a
	// job start of the job's own, and the summary, which looks up what failed.
	// For a bucket that the input names; that of a Source needs no grant.
	GrantRead(bucket awss3.IBucket)

	// GrantTaskResponse lets another system answer the task tokens that a
	// Callback or a Processor has handed to it.
	GrantTaskResponse(grantee awsiam.IGrantable) awsiam.Grant
}

type mapJob struct {
	constructs.Construct
	settings     Props
	stateMachine awsstepfunctions.StateMachine
	results      awss3.IBucket
	mapState     awsstepfunctions.State
	lock         joblock.Lock
}

func (j *mapJob) StateMachine() awsstepfunctions.StateMachine { return j.stateMachine }
func (j *mapJob) ResultsBucket() awss3.IBucket                { return j.results }
func (j *mapJob) Map() awsstepfunctions.State                 { return j.mapState }
func (j *mapJob) Lock() joblock.Lock                          { return j.lock }
func (j *mapJob) Summary() awslambda.IFunction                { return j.settings.Summary }
func (j *mapJob) JobStart() awslambda.IFunction               { return j.settings.JobStart }

// New is a job made of the functions in props. It panics with every problem of
// the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) Job {
	var given Props
	if props != nil {
		given = *props
	}
	given.validate().Refuse(scope, id)

	job := &mapJob{settings: given.withDefaults(id)}
	settings := &job.settings
	constructs.NewConstruct_Override(job, scope, id)
	// Without this flag the CDK drops the writer's configuration. It is set
	// here, not expected of every app that uses the construct.
	job.Node().SetContext(jsii.String("@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2"), true)

	job.results = settings.ResultsBucket
	if job.results == nil && settings.Mode == Distributed {
		job.results = newResultsBucket(job, settings)
	}

	job.bringAlong(settings)
	definition, mapState := define(job, settings, job.results)
	job.mapState = mapState
	if settings.Overlap != joblock.Allow {
		job.lock = newLock(job, settings)
		definition = job.lock.Hold(definition)
	}
	logs := newLogs(job, settings)
	job.stateMachine = awsstepfunctions.NewStateMachine(job, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(definition),
		Comment:        settings.Description,
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		Timeout:        settings.Timeout,
		Role:           newRole(job),
	})
	if settings.Processor != nil {
		settings.validateInside(job.mapState).Refuse(scope, id)
	}
	logAndTrace(job.stateMachine, logs, settings.LogData)
	if settings.EncryptionKey != nil {
		encrypt(job.stateMachine, settings.EncryptionKey)
	}
	job.grant(settings)
	if job.lock != nil {
		job.lock.Grant(job.stateMachine)
	}
	if settings.Notify != nil {
		observe.NewEndings(job, jsii.String("Endings"), &observe.EndingsProps{
			StateMachine: job.stateMachine, Topic: settings.Notify, Told: []string{errTooManyFailures, errLostItems},
		})
	}
	return job
}

// bringAlong makes the functions that the job has of its own: they account for
// every item where no summary was given, and store items in chunks that come
// from a source.
func (j *mapJob) bringAlong(settings *Props) {
	own := func(id, name, description string) awslambda.IFunction {
		return gofunction.New(j, jsii.String(id), &gofunction.Props{
			Package:     jsii.String("github.com/mapjob/mapjob/constructs/mapjob/functions/" + name),
			Description: jsii.String(description),
			MemoryMB:    jsii.Number(1024), // and with it processor time: these are the only ones that see every item
			Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),

			LogRetention:  settings.LogRetention,
			EncryptionKey: settings.EncryptionKey,
		})
	}
	if settings.Mode == Distributed && settings.Summary == nil {
		settings.Summary = own("Accountant", "accountant", "Accounts for every item and reports")
	}
	if settings.Items == ByReference && settings.JobStart == nil {
		settings.JobStart, settings.startsItself = own("Chunker", "chunker", "Stores the items in chunks"), true
	}
}

// newLock keeps executions apart. One that waits for long looks less often:
// each look takes room in its history.
func newLock(scope constructs.Construct, settings *Props) joblock.Lock {
	props := &joblock.Props{Table: settings.LockTable, Overlap: settings.Overlap, WaitLimit: settings.WaitLimit}
	if settings.LockTable == nil {
		props.EncryptionKey = settings.EncryptionKey
	}
	if settings.WaitLimit != nil {
		limit := refusal.Seconds(settings.WaitLimit)
		props.PollEvery = awscdk.Duration_Seconds(jsii.Number(math.Ceil(max(min(30, limit), limit/400))))
	}
	if settings.Notify != nil && settings.Overlap == joblock.Skip {
		props.OnSkipped = func(skipped awsstepfunctions.IChainable) awsstepfunctions.IChainable {
			return observe.Notify(scope, jsii.String("NotifySkipped"), &observe.NotifyProps{
				Topic: settings.Notify, Job: settings.Name, Ending: observe.JobSkipped, Cause: jsii.String("'execution ' & $jobLockOwner & ' runs'"),
			}, skipped)
		}
	}
	return joblock.New(scope, jsii.String("Lock"), props)
}

// newResultsBucket keeps what executions leave behind, for a while.
func newResultsBucket(scope constructs.Construct, settings *Props) awss3.Bucket {
	props := &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("Expire"),
			Expiration:                          settings.ResultsExpiry,
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	}
	if settings.AccessLogs != nil {
		props.ServerAccessLogsBucket = settings.AccessLogs
		props.ServerAccessLogsPrefix = jsii.String(*scope.Node().Id() + "/")
	}
	if settings.EncryptionKey != nil {
		props.Encryption = awss3.BucketEncryption_KMS
		props.EncryptionKey = settings.EncryptionKey
		props.BucketKeyEnabled = jsii.Bool(true) // one request to KMS for many objects, not for each
	}
	return awss3.NewBucket(scope, jsii.String("Results"), props)
}
