package observe

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Ending is how an execution ends.
type Ending string

// What Notify can tell.
const (
	JobSucceeded Ending = "succeeded"
	JobFailed    Ending = "failed"
	JobSkipped   Ending = "skipped"
)

var endings = []Ending{JobSucceeded, JobFailed, JobSkipped}

// NotifyProps say what there is to tell.
type NotifyProps struct {
	// Topic is who is told: a standard topic, no FIFO one.
	// Required.
	Topic awssns.ITopic

	// Job is what the job is called: up to 80 characters of ASCII, since it
	// begins the message's subject.
	// Required.
	Job *string

	// Ending is how the execution is about to end.
	// Required.
	Ending Ending

	// Account is a JSONata expression of the summary's answer: an object with
	// total, succeeded, failed and missing, and report, the place of the report,
	// where there is one. For a job that keeps it in a variable: $account.
	// Default: the message has no numbers.
	Account *string

	// Cause is a JSONata expression of why, a string.
	// Default: the message does not say why.
	Cause *string
}

// Notify is a state that publishes how an execution ends, with the numbers of
// its summary and the address of its report, and then goes on to next. It
// stands on the way out of the state machine, in JSONata: an event of
// EventBridge has the output as a string that a rule cannot take apart, none
// of a failed execution, and is best effort.
//
// A message that cannot be published is tried three times and then given up:
// it never changes how the execution ends. The state's output is its input.
//
// The message has the attributes job and ending, for filters of subscriptions.
func Notify(scope constructs.Construct, id *string, props *NotifyProps, next awsstepfunctions.IChainable) awsstepfunctions.IChainable {
	if props == nil {
		props = &NotifyProps{}
	}
	props.validate().Refuse(scope, id)
	subject := *props.Job + " " + string(props.Ending)
	if props.Ending == JobSkipped {
		subject = *props.Job + " was skipped"
	}
	attribute := func(value string) map[string]any { return map[string]any{"DataType": "String", "StringValue": value} }
	task := awsstepfunctionstasks.CallAwsService_Jsonata(scope, id, &awsstepfunctionstasks.CallAwsServiceJsonataProps{
		Service: jsii.String("sns"),
		Action:  jsii.String("publish"),
		Parameters: &map[string]any{
			"TopicArn":          props.Topic.TopicArn(),
			"Subject":           subject,
			"Message":           "{% " + props.message(subject) + " %}",
			"MessageAttributes": map[string]any{"job": attribute(*props.Job), "ending": attribute(string(props.Ending))},
		},
		IamAction:               jsii.String("sns:Publish"),
		IamResources:            &[]*string{props.Topic.TopicArn()},
		AdditionalIamStatements: useKey(props.Topic),
		Outputs:                 "{% $states.input %}",
	})
	task.AddRetry(&awsstepfunctions.RetryProps{
		Errors:         jsii.Strings("States.ALL"),
		MaxAttempts:    jsii.Number(3),
		Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
		BackoffRate:    jsii.Number(2),
		JitterStrategy: awsstepfunctions.JitterType_FULL,
	})
	task.AddCatch(next, &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.ALL"), Outputs: "{% $states.input %}"})
	task.Next(next)
	return task
}

// useKey is what publishing to an encrypted topic takes. A key of AWS's own
// lets the account use it.
func useKey(topic awssns.ITopic) *[]awsiam.PolicyStatement {
	key := topic.MasterKey()
	if key == nil {
		return nil
	}
	return &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: &[]*string{key.KeyArn()},
	})}
}

// message is the JSONata expression of the text, a line for each thing to say.
func (p *NotifyProps) message(subject string) string {
	lines := []string{text(subject + ".")}
	if p.Cause != nil {
		lines = append(lines, text("Cause: ")+" & ("+*p.Cause+")")
	}
	if p.Account != nil {
		account := func(name string) string { return "$string((" + *p.Account + ")." + name + ")" }
		lines = append(lines, strings.Join([]string{
			account("succeeded"), text(" of "), account("total"), text(" items succeeded, "),
			account("failed"), text(" failed, "), account("missing"), text(" missing.")}, " & "))
	}
	lines = append(lines, text("Execution: ")+" & $states.context.Execution.Id")
	message := strings.Join(lines, ` & "\n" & `)
	if p.Account != nil {
		report := "(" + *p.Account + ").report"
		message += ` & ($exists(` + report + `) ? "\nReport: s3://" & ` + report + `.bucket & "/" & ` + report + `.prefix & "/report.html" : "")`
	}
	return message
}

// text is a string in JSONata, which writes them as JSON does.
func text(s string) string {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a form in JSON
	}
	return string(encoded)
}

// MaxJobName is how long the name of a job may be that messages are about. It
// begins their subject, for which SNS takes 100 characters.
const MaxJobName = 100 - 20

// CanBeTold reports whether a name can be that of a job which messages are
// about: of ASCII, and not too long. One that is not known at synth can.
func CanBeTold(name string) bool {
	return *awscdk.Token_IsUnresolved(name) || len(name) <= MaxJobName && !strings.ContainsFunc(name, notPlain)
}

func (p *NotifyProps) validate() (found refusal.Problems) {
	if p.Topic == nil {
		found.Add("Topic: got nothing, expected the topic to publish to")
	} else if fifo := p.Topic.Fifo(); fifo != nil && *fifo {
		found.Add("Topic: got a FIFO topic, expected a standard one: there is no order among endings")
	}
	if p.Job == nil || *p.Job == "" {
		found.Add("Job: got nothing, expected the name of the job")
	} else if name := *p.Job; !CanBeTold(name) {
		found.Add("Job: got %q, expected at most %d characters of ASCII: the name begins the subject of a message", name, MaxJobName)
	}
	if !slices.Contains(endings, p.Ending) {
		found.Add("Ending: got %q, expected %q, %q or %q", p.Ending, JobSucceeded, JobFailed, JobSkipped)
	}
	expression := func(prop string, given *string) {
		if given != nil && (strings.TrimSpace(*given) == "" || strings.Contains(*given, "%}")) {
			found.Add("%s: got %q, expected a JSONata expression, without {%% and %%}", prop, *given)
		}
	}
	expression("Account", p.Account)
	expression("Cause", p.Cause)
	return found
}

func notPlain(r rune) bool { return r < ' ' || r > '~' }
