package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/internal/protocol"
)

// executionARN is the expression of the execution's ARN.
const executionARN = "{% $states.context.Execution.Id %}"

// inFolder returns the expression of a name in the execution's folder of the
// results bucket.
func inFolder(name string) string {
	return jsonata.Expression("$states.context.StateMachine.Name & '/' & $states.context.Execution.Name & '/%s'", name)
}

// builder creates the states of one job:
//
//	CheckInput ─▶ IsRerun ─▶ JobStart or ReadInput ─▶ CheckItems ─▶ Map ─▶ Summary ─▶ Verdict ─▶ Succeeded
//	    │            │                                 │      └ no items ─────▲           ├─▶ TooManyFailures
//	    ▼            ▼                                 ▼                                  └─▶ LostItems
//	InputTooLarge   Map, RerunMap,                    InvalidInput or TooManyItems
//	                JobStart or ReadRerun
//
// The states of a lock follow CheckInput. In a rerun there are more states before
// them (rerun.go), and its own items follow IsRerun: the Map reads them, or RerunMap
// if the Map reads another format, or the job's chunker before CheckItems, which is
// in JobStart or else in ReadRerun. A job that can't rerun has none of these states.
//
// By reference without a JobStart, the job's chunker follows the input: ReadInput ─▶
// CheckSource ─▶ JobStart ─▶ CheckItems, and an input that does not say where the
// items are ends in InvalidSource.
//
// A Distributed Map continues with Summary, even if it ended early because too many
// items failed. An Inline job has no Summary unless a function is given, runs the Map
// without items too, and alone has TooManyItems. With a topic, a state that publishes
// the ending follows each of Verdict's choices.
//
// Variables carry the job's facts past the Map:
//
//	input    the execution's input, for the summary
//	items    where the items are; in an Inline job, the items
//	results  where the results are; in an Inline job, the outcomes
//	account  how many items succeeded, failed and are missing, for the verdict
//
// A job that can rerun has two more, jobRerun and jobRerunProblem, and an Inline job
// has jobSpareBytes.
type builder struct {
	scope     constructs.Construct
	settings  *settings
	functions *functions
	results   awss3.IBucket

	// States that others need, which body sets.
	mapState       awsstepfunctions.State
	rerunMap       awsstepfunctions.State // nil if reruns have none of their own
	processorState awsstepfunctions.State // nil if there is no Processor
}

// body returns the states of a job that run while it has the lock.
func (b *builder) body() awsstepfunctions.IChainable {
	var afterMap awsstepfunctions.IChainable = b.verdict()
	if b.functions.summary != nil {
		afterMap = b.summary().Next(afterMap)
	}
	b.mapState = b.mapBefore(afterMap)
	check := b.checkItems(b.mapState, afterMap)
	if b.settings.bringsChunker() {
		chunks := b.jobStart()
		chunks.Next(check)
		return b.rerunOr(chunks, b.readInput().Next(b.checkSource(chunks)))
	}
	var start awsstepfunctions.IChainable
	if b.settings.JobStart != nil {
		start = b.jobStart().Next(check)
	} else {
		start = b.readInput().Next(check)
	}
	switch {
	case !b.settings.canRerun():
		return start
	case b.functions.rerun != nil:
		return b.rerunOr(b.readRerun().Next(check), start)
	case b.rerunMap != nil:
		return b.rerunOr(b.rerunMap, start)
	}
	return b.rerunOr(b.mapState, start)
}

// job returns what every function learns about its job.
func (b *builder) job() jsonata.Object {
	var job protocol.Job
	about := message.Object(&job,
		message.Set(&job.Name, *b.settings.Name),
		message.Set(&job.StartedAt, jsonata.Expression("$states.context.Execution.StartTime")))
	if *b.settings.LogData {
		about[message.Name(&job, &job.LogData)] = true
	}
	return about
}

// folder returns the address of a folder of this execution.
func (b *builder) folder(name string) jsonata.Object {
	var folder protocol.Folder
	return message.Object(&folder,
		message.Set(&folder.Bucket, b.results.BucketName()),
		message.Set(&folder.Prefix, inFolder(name)))
}

// invoke returns a task that invokes a function. It has no retries yet.
func (b *builder) invoke(id string, function awslambda.IFunction, payload any, props *awsstepfunctionstasks.LambdaInvokeJsonataProps) awsstepfunctionstasks.LambdaInvoke {
	props.LambdaFunction = b.settings.version(function)
	switch payload := payload.(type) {
	case string:
		props.Payload = awsstepfunctions.TaskInput_FromText(jsii.String(payload))
	case jsonata.Object:
		props.Payload = awsstepfunctions.TaskInput_FromObject(&payload)
	}
	props.RetryOnServiceExceptions = jsii.Bool(false) // the CDK's own list leaves out throttling
	return awsstepfunctionstasks.LambdaInvoke_Jsonata(b.scope, jsii.String(id), props)
}
