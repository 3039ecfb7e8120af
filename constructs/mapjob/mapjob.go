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
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
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
}

type mapJob struct {
	constructs.Construct
	stateMachine awsstepfunctions.StateMachine
	results      awss3.IBucket
	mapState     awsstepfunctions.State
}

func (j *mapJob) StateMachine() awsstepfunctions.StateMachine { return j.stateMachine }
func (j *mapJob) ResultsBucket() awss3.IBucket                { return j.results }
func (j *mapJob) Map() awsstepfunctions.State                 { return j.mapState }

// New is a job made of the functions in props. It panics with every problem of
// the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) Job {
	var given Props
	if props != nil {
		given = *props
	}
	if err := given.validate(); err != nil {
		panic(fmt.Errorf("%s/%s: %w", *scope.Node().Path(), *id, err))
	}
	settings := given.withDefaults(id)

	job := &mapJob{}
	constructs.NewConstruct_Override(job, scope, id)
	// Without this flag the CDK drops the writer's configuration. It is set
	// here, not expected of every app that uses the construct.
	job.Node().SetContext(jsii.String("@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2"), true)

	job.results = settings.ResultsBucket
	if job.results == nil && settings.Mode == Distributed {
		job.results = newResultsBucket(job, &settings)
	}

	definition, mapState := define(job, &settings, job.results)
	job.mapState = mapState
	logs := newLogs(job, &settings)
	job.stateMachine = awsstepfunctions.NewStateMachine(job, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(definition),
		Comment:        settings.Description,
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		Timeout:        settings.Timeout,
		Role:           newRole(job),
	})
	logAndTrace(job.stateMachine, logs, settings.LogData)
	job.grant(&settings)
	return job
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
