package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Job is a job in a stack. It gives access to everything that it created.
type Job interface {
	constructs.Construct

	// StateMachine returns the state machine of the job. Start an execution of
	// it to run the job.
	StateMachine() awsstepfunctions.StateMachine

	// ResultsBucket returns the bucket with the items, results and reports of
	// executions. It is nil for an Inline job without a ResultsBucket and Results.
	ResultsBucket() awss3.IBucket

	// Map returns the Map state, for settings that have no prop.
	Map() awsstepfunctions.State

	// Lock returns the lock that keeps executions apart. It is nil if they may
	// overlap.
	Lock() joblock.Lock

	// Summary returns the function that accounts for the items: the given one, or
	// the job's own. It is nil for an Inline job without a Summary.
	Summary() awslambda.IFunction

	// JobStart returns the function that yields the items: the given one, or by
	// reference the job's own, which stores the items of the Source in chunks. It
	// is nil if the Map reads the items itself.
	JobStart() awslambda.IFunction

	// GrantRead lets the job read items in a bucket that the execution's input
	// names. The bucket of a Source needs no grant.
	GrantRead(bucket awss3.IBucket)

	// GrantTaskResponse lets another system answer the task tokens of a Callback
	// or a Processor.
	GrantTaskResponse(grantee awsiam.IGrantable) awsiam.Grant
}

type mapJob struct {
	constructs.Construct
	settings     *settings
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

// New creates a job. It panics with every problem of the props at once, before it
// creates anything. The states of a Processor can be checked only when they exist:
// if New refuses them, it removes the job from scope before it panics.
func New(scope constructs.Construct, id *string, props *Props) Job {
	var given Props
	if props != nil {
		given = *props
	}
	given.validate(id).Refuse(scope, id)

	settings := given.resolve(id)
	job := &mapJob{settings: settings, results: settings.ResultsBucket}
	constructs.NewConstruct_Override(job, scope, id)
	// Without this flag the CDK drops the configuration of the result writer.
	// Setting it here spares every app that uses the construct.
	job.Node().SetContext(jsii.String("@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2"), true)

	if job.results == nil && (given.Results != nil || !settings.mode.inline) {
		job.results = newResultsBucket(job, settings)
	}
	job.addOwnFunctions()
	states := define(job, settings, job.results)
	job.mapState = states.mapState
	definition := states.first
	if settings.Overlap != nil {
		job.lock = job.newLock()
		definition = job.lock.Hold(definition)
	}
	definition = states.builder.checkInput(definition)
	logs := newLogs(job, settings)
	job.stateMachine = awsstepfunctions.NewStateMachine(job, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(definition),
		Comment:        settings.Description,
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		Timeout:        settings.Timeout,
		Role:           newRole(job),
	})
	if states.processor != nil {
		if found := settings.validateStates(states.processor); found.Any() {
			scope.Node().TryRemoveChild(id)
			found.Refuse(scope, id)
		}
	}
	logAndTrace(job.stateMachine, logs, settings.LogData)
	if settings.EncryptionKey != nil {
		encrypt(job.stateMachine, settings.EncryptionKey)
	}
	job.grant()
	job.warnConcurrency()
	if job.lock != nil {
		job.lock.Grant(job.stateMachine)
	}
	if settings.Notify != nil {
		observe.NewEndings(job, jsii.String("Endings"), &observe.EndingsProps{
			StateMachine: job.stateMachine, Topic: settings.Notify,
			Except: []string{protocol.ErrorTooManyFailures, protocol.ErrorLostItems}, // the execution publishes those itself
		})
	}
	return job
}

// addOwnFunctions creates the functions that the job needs and was not given: an
// accountant in place of a summary, and by reference a chunker in place of a job
// start.
func (j *mapJob) addOwnFunctions() {
	s := j.settings
	create := func(id, name, description string) awslambda.IFunction {
		return gofunction.New(j, jsii.String(id), &gofunction.Props{
			Package:     jsii.String("github.com/mapjob/mapjob/constructs/mapjob/functions/" + name),
			Description: jsii.String(description),
			MemoryMB:    jsii.Number(1024), // and with it processor time: only these functions see every item
			Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),

			LogRetention:  s.LogRetention,
			EncryptionKey: s.EncryptionKey,
		})
	}
	if s.Summary == nil && !s.mode.inline {
		s.Summary = create("Accountant", "accountant", "Accounts for every item and reports")
	}
	if s.JobStart == nil && s.mode.byReference {
		s.JobStart, s.storesChunks = create("Chunker", "chunker", "Stores the items in chunks"), true
	}
}

// newLock creates the lock. If executions may be skipped and there is a topic, a
// skipped execution publishes that.
func (j *mapJob) newLock() joblock.Lock {
	s := j.settings
	props := &joblock.Props{Table: s.LockTable, Overlap: s.Overlap}
	if s.LockTable == nil {
		props.EncryptionKey = s.EncryptionKey
	}
	if skip, ok := s.Overlap.(*joblock.Skip); ok && s.Notify != nil {
		props.Overlap = &joblock.Skip{OnSkipped: func(next awsstepfunctions.IChainable) awsstepfunctions.IChainable {
			if skip.OnSkipped != nil {
				next = skip.OnSkipped(next)
			}
			return observe.Notify(j, jsii.String("NotifySkipped"), &observe.NotifyProps{
				Topic: s.Notify, Job: s.Name, Ending: observe.JobSkipped, Cause: jsii.String("'execution ' & $jobLockOwner & ' runs'"),
			}, next)
		}}
	}
	return joblock.New(j, jsii.String("Lock"), props)
}

// newResultsBucket creates a bucket whose objects expire.
func newResultsBucket(scope constructs.Construct, s *settings) awss3.Bucket {
	expiry := s.Results.Expiry
	if expiry == nil {
		expiry = awscdk.Duration_Days(jsii.Number(defaultExpiryDays))
	}
	props := &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("Expire"),
			Expiration:                          expiry,
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	}
	if logs := s.Results.AccessLogs; logs != nil {
		props.ServerAccessLogsBucket = logs
		props.ServerAccessLogsPrefix = jsii.String(*scope.Node().Id() + "/")
	}
	if s.EncryptionKey != nil {
		props.Encryption = awss3.BucketEncryption_KMS
		props.EncryptionKey = s.EncryptionKey
		props.BucketKeyEnabled = jsii.Bool(true) // one request to KMS for many objects
	}
	return awss3.NewBucket(scope, jsii.String("Results"), props)
}
