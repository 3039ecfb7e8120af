package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/limit"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
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

	// Name returns the job's name in its data, metrics, reports and notifications.
	Name() *string

	// ResultsBucket returns the bucket with the items, results and reports of
	// executions. It is nil for an Inline job without a ResultsBucket and Results.
	ResultsBucket() awss3.IBucket

	// MapState returns the Map state, for settings that have no prop. A rerun may
	// have a Map of its own, which does not get them.
	MapState() awsstepfunctions.State

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

	// GrantTaskResponse lets another system answer the task tokens of a Callback
	// or a Processor.
	GrantTaskResponse(grantee awsiam.IGrantable) awsiam.Grant
}

type mapJob struct {
	constructs.Construct
	settings     *settings
	functions    *functions
	stateMachine awsstepfunctions.StateMachine
	results      awss3.IBucket
	mapState     awsstepfunctions.State
	lock         joblock.Lock
}

func (j *mapJob) StateMachine() awsstepfunctions.StateMachine { return j.stateMachine }
func (j *mapJob) Name() *string                               { return j.settings.Name }
func (j *mapJob) ResultsBucket() awss3.IBucket                { return j.results }
func (j *mapJob) MapState() awsstepfunctions.State            { return j.mapState }
func (j *mapJob) Lock() joblock.Lock                          { return j.lock }
func (j *mapJob) Summary() awslambda.IFunction                { return j.functions.summary }
func (j *mapJob) JobStart() awslambda.IFunction               { return j.functions.jobStart }

// New creates a job. It panics with every problem of the props at once, before it
// creates anything. The states of a Processor can be checked only when they exist:
// if New refuses them, it removes the job from scope before it panics.
func New(scope constructs.Construct, id *string, props *Props) Job {
	var given Props
	if props != nil {
		given = *props
	}
	settings := given.resolve(id)
	settings.validate().Refuse(scope, id)

	job := &mapJob{settings: settings, results: settings.ResultsBucket}
	constructs.NewConstruct_Override(job, scope, id)
	// Without this flag the CDK drops the configuration of the result writer.
	// Setting it here saves apps from having to.
	job.Node().SetContext(jsii.String("@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2"), true)

	if job.results == nil && settings.Results != nil {
		job.results = newResultsBucket(job, settings)
	}
	job.functions = newFunctions(job, settings)
	states := &builder{scope: job, settings: settings, functions: job.functions, results: job.results}
	definition := states.body()
	job.mapState = states.mapState
	if settings.Overlap != nil {
		job.lock = job.newLock()
		definition = job.lock.Hold(definition)
	}
	definition = states.checkInput(definition)
	logs := newLogs(job, settings)
	job.stateMachine = awsstepfunctions.NewStateMachine(job, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(definition),
		Comment:        settings.Description,
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		Timeout:        settings.Timeout,
		Role:           newRole(job),
	})
	if states.processorState != nil {
		found := settings.validateStates(states.processorState)
		job.validateDefinition(&found)
		if found.Any() {
			scope.Node().TryRemoveChild(id)
			found.Refuse(scope, id)
		}
	}
	logAndTrace(job.stateMachine, logs, *settings.LogData)
	if settings.EncryptionKey != nil {
		encrypt(job.stateMachine, settings.EncryptionKey)
	}
	job.grant()
	limit.RolePolicies(job)
	job.warnConcurrency()
	job.expect()
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

// maxDefinition is the largest definition, in bytes (Step Functions developer guide,
// "Service quotas").
const maxDefinition = 1 << 20

// validateDefinition refuses a definition that is certainly too large.
func (j *mapJob) validateDefinition(found *refusal.Problems) {
	resource := j.stateMachine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine)
	if size := limit.LeastSize(awscdk.Stack_Of(j).Resolve(resource.DefinitionString())); size > maxDefinition {
		found.Add("Processor: got states that make a definition of at least %d bytes, expected at most %d: a Source that is not JSONLines has them twice", size, maxDefinition)
	}
}
