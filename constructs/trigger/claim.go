package trigger

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/retry"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Claim makes a trigger start one execution for each event, however often the event
// is delivered. The first delivery claims the event, and later ones start nothing.
//
// A claim is the name of the execution, a hash of what identifies the event. Step
// Functions runs one execution of a name in 90 days, counted from its end. A claim
// is kept if the execution fails, because a late copy of the event would do again
// what the execution has done already: redrive the execution, which keeps its name,
// or start another one yourself. If the first delivery starts nothing, the claim is
// free, and the event is in the dead-letter queue.
//
// EventBridge can't name an execution. So a Claim adds a small state machine, to
// which the events go, and which starts the named execution. It costs two state
// transitions for each delivery, $0.00005, and three for a late copy.
type Claim struct {
	// Members are paths to the members that identify the event, such as
	// $.detail.orderId. Their values are strings, or whole numbers of up to 15
	// digits. An event without one of them goes to the dead-letter queue. Two events with the
	// same values are one, even if they differ in everything else.
	// Default: of an event its id; of an object its bucket, key, version and
	// sequencer, which are alike in all copies of the event and unlike in those of
	// another write; of a schedule the time that it was set to.
	Members []string
}

// identity is what identifies the events of a trigger, in JSONata: values and the
// condition that an event, $event, has them.
type identity struct {
	values []string
	valid  string
}

// ofObject identifies the write of an object. All copies of its event have one
// sequencer (AWS re:Post, "Why do I see duplicate messages in Amazon SQS for the same
// Amazon S3 event?"). Only a bucket with versions has a version-id.
var ofObject = identity{
	values: []string{"$event.detail.bucket.name", "$event.detail.object.key",
		"[$event.detail.object.`version-id`]", "[$event.detail.object.sequencer]"},
	valid: "$type($event.detail.bucket.name) = 'string' and $type($event.detail.object.key) = 'string' and " +
		"($type($event.detail.object.`version-id`) = 'string' or $type($event.detail.object.sequencer) = 'string')",
}

// memberPath matches the paths of members, with the names that EventBridge takes in
// a path (user guide, "Input transformation").
var memberPath = regexp.MustCompile(`^\$(\.[A-Za-z0-9_-]+)+$`)

// ofMembers identifies an event by members.
func ofMembers(paths ...string) identity {
	var id identity
	var valid []string
	for _, path := range paths {
		value := "$event.`" + strings.Join(strings.Split(path, ".")[1:], "`.`") + "`"
		id.values = append(id.values, value)
		// JSONata writes 15 digits of a number: two longer ones might be the same.
		valid = append(valid, strings.ReplaceAll("($type(V) = 'string' ? V != '' : $type(V) = 'number' and V = $floor(V) and $abs(V) <= 999999999999999)", "V", value))
	}
	id.valid = strings.Join(valid, " and ")
	return id
}

// identity returns what a claim identifies an event by.
func (c *Claim) identity(otherwise identity) identity {
	if len(c.Members) > 0 {
		return ofMembers(c.Members...)
	}
	return otherwise
}

func (c *Claim) validate(machine awsstepfunctions.IStateMachine, found *refusal.Problems) {
	if c == nil {
		return
	}
	for _, path := range c.Members {
		if !memberPath.MatchString(path) {
			found.Add("Claim.Members: got %q, expected a path to a member of the event, such as $.detail.orderId", path)
		}
	}
	if machine, ok := machine.(awsstepfunctions.StateMachine); ok && machine.StateMachineType() == awsstepfunctions.StateMachineType_EXPRESS {
		found.Add("StateMachine: got an Express state machine with a Claim, which may start two executions of one name, expected a Standard one")
	}
}

// claims is the state machine of a Claim.
type claims struct {
	target      awsstepfunctions.IStateMachine
	deadLetters awssqs.IQueue
	key         awskms.IKey // may be nil
	retries     *float64    // nil: the default
	identity    identity
	event       string // the expression of the event
	input       string // the text of the execution's input, or the expression of it
}

// claimed is the expression of the input of the claim's own execution, in every state.
const claimed = "$states.context.Execution.Input"

// Error of the Step Functions API.
const errAlreadyExists = "StepFunctions.ExecutionAlreadyExistsException"

// The longest pause between two tries, in seconds.
const maxPauseSeconds = 300

// create creates the state machine:
//
//	CheckClaim ─▶ Start ─▶
//	     │          ├─ exists ─▶ Repeated
//	     ▼          ▼
//	  NoClaim ─▶ Undelivered ─▶ NotStarted
func (c *claims) create(scope constructs.Construct) awsstepfunctions.StateMachine {
	scope = constructs.NewConstruct(scope, jsii.String("Claim"))
	start := c.start(scope)
	repeated := awsstepfunctions.Succeed_Jsonata(scope, jsii.String("Repeated"), &awsstepfunctions.SucceedJsonataProps{
		Comment: jsii.String("an earlier delivery has claimed the event"),
		Outputs: jsonata.Object{"repeated": true},
	})
	undelivered := c.undelivered(scope)
	failure := func(member string) string { // of which there may be none, and an attribute can't be empty
		return jsonata.Expression("$length($states.errorOutput.%s) > 0 ? $substring($states.errorOutput.%[1]s, 0, 1000) : 'unknown'", member)
	}
	start.AddCatch(repeated, &awsstepfunctions.CatchProps{Errors: jsii.Strings(errAlreadyExists)})
	start.AddCatch(undelivered, &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.ALL"),
		Assign: &jsonata.Object{"error": failure("Error"), "cause": failure("Cause")}})
	noClaim := awsstepfunctions.Pass_Jsonata(scope, jsii.String("NoClaim"), &awsstepfunctions.PassJsonataProps{Assign: &jsonata.Object{
		"error": protocol.ErrorInvalidInput,
		"cause": "got an event without a value to claim, expected a text or a whole number of up to 15 digits in each of the trigger's Claim.Members",
	}})
	noClaim.Next(undelivered)

	check := awsstepfunctions.Choice_Jsonata(scope, jsii.String("CheckClaim"), nil)
	check.When(jsonata.Condition("($event := %s; %s)", c.event, c.identity.valid), start, jsonata.When("the event has a value to claim"))
	check.Otherwise(noClaim)
	return c.machine(scope, check)
}

// start starts the execution whose name is a hash of the claim. The trigger's own
// state machine is part of the claim: another trigger of the same state machine
// claims events of its own.
func (c *claims) start(scope constructs.Construct) awsstepfunctions.CustomState {
	start := awsstepfunctions.NewCustomState(scope, jsii.String("Start"), &awsstepfunctions.CustomStateProps{StateJson: &jsonata.Object{
		"Type":          "Task",
		"QueryLanguage": "JSONata",
		"Resource":      "arn:" + *awscdk.Aws_PARTITION() + ":states:::states:startExecution",
		"Arguments": jsonata.Object{
			"StateMachineArn": c.target.StateMachineArn(),
			"Name": jsonata.Expression("($event := %s; 'event-' & $hash($string([$states.context.StateMachine.Id, %s]), 'SHA-256'))",
				c.event, strings.Join(c.identity.values, ", ")),
			"Input": c.input,
		},
		"Output": jsonata.Object{"repeated": false, "execution": jsonata.Expression("$states.result.ExecutionArn")},
		"End":    true,
	}})
	retries := c.retries
	if retries == nil {
		retries = jsii.Number(maxRetryAttempts)
	}
	never := retry.Never(errAlreadyExists, "States.QueryEvaluationError", "StepFunctions.InvalidExecutionInputException", "StepFunctions.StateMachineDoesNotExistException")
	start.AddRetry(never)
	start.AddRetry(patiently(*retries))
	return start
}

// undelivered sends the event to the dead-letter queue as EventBridge does, with the
// error in the message's attributes, and fails.
func (c *claims) undelivered(scope constructs.Construct) awsstepfunctions.CustomState {
	attribute := func(variable string) jsonata.Object {
		return jsonata.Object{"DataType": "String", "StringValue": jsonata.Expression("$%s", variable)}
	}
	send := awsstepfunctions.NewCustomState(scope, jsii.String("Undelivered"), &awsstepfunctions.CustomStateProps{StateJson: &jsonata.Object{
		"Type":          "Task",
		"QueryLanguage": "JSONata",
		"Resource":      "arn:" + *awscdk.Aws_PARTITION() + ":states:::sqs:sendMessage",
		"Arguments": jsonata.Object{
			"QueueUrl":    c.deadLetters.QueueUrl(),
			"MessageBody": jsonata.Expression("%s", c.event),
			"MessageAttributes": jsonata.Object{
				"ERROR_CODE": attribute("error"), "ERROR_MESSAGE": attribute("cause"),
			},
		},
	}})
	send.AddRetry(patiently(maxRetryAttempts))
	send.Next(awsstepfunctions.Fail_Jsonata(scope, jsii.String("NotStarted"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(jsonata.Expression("$error")), Cause: jsii.String(jsonata.Expression("$cause")),
	}))
	return send
}

// patiently retries what may pass, with pauses of up to five minutes.
func patiently(attempts float64) *awsstepfunctions.RetryProps {
	return retry.Of(attempts, maxPauseSeconds, retry.All)
}

func (c *claims) machine(scope constructs.Construct, definition awsstepfunctions.IChainable) awsstepfunctions.StateMachine {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: undelivered.ForThisAccount(scope, "states.amazonaws.com", nil)})
	machine := awsstepfunctions.NewStateMachine(scope, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(definition),
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		Comment:        jsii.String("Starts one execution for each event"),
		Role:           role,
	})
	c.target.GrantStartExecution(role)
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{c.deadLetters.QueueArn()}}))
	undelivered.LetSend(role, c.deadLetters)
	resource := machine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine)
	resource.AddMetadata(jsii.String(protocol.StarterMetadata), jsii.Bool(true))
	if c.key != nil {
		resource.SetEncryptionConfiguration(&awsstepfunctions.CfnStateMachine_EncryptionConfigurationProperty{
			Type: jsii.String("CUSTOMER_MANAGED_KMS_KEY"), KmsKeyId: c.key.KeyArn(),
		})
		c.key.Grant(role, jsii.String("kms:Decrypt"), jsii.String("kms:GenerateDataKey"))
	}
	const kept = "Step Functions keeps the history of each execution, which is a few states long, for 90 days"
	accepted.Finding(machine, "AwsSolutions-SF1", kept)
	accepted.Finding(machine, "AwsSolutions-SF2", kept)
	return machine
}
