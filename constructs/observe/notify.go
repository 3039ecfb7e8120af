package observe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/retry"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Ending is how an execution ends.
type Ending string

// Endings that Notify can publish.
const (
	JobSucceeded Ending = "succeeded"
	JobFailed    Ending = "failed"
	JobSkipped   Ending = "skipped"
)

var endings = []Ending{JobSucceeded, JobFailed, JobSkipped}

// NotifyProps are the props of Notify.
type NotifyProps struct {
	// Topic gets the message. It must be a standard topic.
	// Required.
	Topic awssns.ITopic

	// Job is the name of the job: at most 80 characters of ASCII, because it
	// begins the message's subject.
	// Required.
	Job *string

	// Ending is how the execution is about to end.
	// Required.
	Ending Ending

	// Account is a JSONata expression of a summary's answer: an object with
	// total, succeeded, failed and missing, and with report, the address of the
	// report, if there is one. If the state machine keeps it in a variable, the
	// expression is $account.
	// Default: the message has no numbers.
	Account *string

	// Cause is a JSONata expression of a string that says why the execution ends.
	// Default: the message has no cause.
	Cause *string
}

// Notify returns a state in JSONata that publishes how an execution ends, with
// the numbers of its summary and the address of its report, and then continues
// with next. Place it before the state that ends the execution. An event of
// EventBridge is no substitute: it has the output as a string that a rule can't
// parse, no output of a failed execution, and is best effort.
//
// The state tries to publish four times and then continues without a message: it
// never changes how the execution ends. Its output is its input. The message has
// the attributes job and ending, for filter policies of subscriptions.
//
// Notify panics with every problem of the props at once, before it creates
// anything.
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
			"Message":           jsonata.Expression("%s", props.message(subject)),
			"MessageAttributes": map[string]any{"job": attribute(*props.Job), "ending": attribute(string(props.Ending))},
		},
		IamAction:               jsii.String("sns:Publish"),
		IamResources:            &[]*string{props.Topic.TopicArn()},
		AdditionalIamStatements: useKey(props.Topic),
		Outputs:                 jsonata.Expression("$states.input"),
	})
	task.AddRetry(retry.Briefly())
	task.AddCatch(next, &awsstepfunctions.CatchProps{Errors: jsii.Strings(retry.All), Outputs: jsonata.Expression("$states.input")})
	task.Next(next)
	return task
}

// useKey returns the permissions that publishing to an encrypted topic needs. A
// key of AWS needs none.
func useKey(topic awssns.ITopic) *[]awsiam.PolicyStatement {
	key := topic.MasterKey()
	if key == nil {
		return nil
	}
	return &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: &[]*string{key.KeyArn()},
	})}
}

// message returns the JSONata expression of the message's text.
func (p *NotifyProps) message(subject string) string {
	var account protocol.Account
	var report protocol.Folder
	lines := []string{text(subject + ".")}
	if p.Cause != nil {
		lines = append(lines, text("Cause: ")+" & ("+*p.Cause+")")
	}
	if p.Account != nil {
		in := message.In("("+*p.Account+")", &account)
		count := func(field *int) string { return "$string(" + in(field) + ")" }
		lines = append(lines, strings.Join([]string{
			count(&account.Succeeded), text(" of "), count(&account.Total), text(" items succeeded, "),
			count(&account.Failed), text(" failed, "), count(&account.Missing), text(" missing.")}, " & "))
	}
	lines = append(lines, text("Execution: ")+" & $states.context.Execution.Id")
	whole := strings.Join(lines, ` & "\n" & `)
	if p.Account != nil {
		folder := message.In("("+*p.Account+")", &account)(&account.Report)
		in := message.In(folder, &report)
		whole += fmt.Sprintf(` & ($exists(%s) ? "\nReport: s3://" & %s & "/" & %s & "/%s" : "")`,
			folder, in(&report.Bucket), in(&report.Prefix), protocol.ReportHTML)
	}
	return whole
}

// text returns a string literal of JSONata, which is one of JSON.
func text(s string) string {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(err) // every string has a JSON form
	}
	return string(encoded)
}

func (p *NotifyProps) validate() (found refusal.Problems) {
	if p.Topic == nil {
		found.Add("Topic: got nothing, expected the topic to publish to")
	} else {
		found.StandardTopic("Topic", p.Topic)
	}
	if p.Job == nil {
		found.Add("Job: got nothing, expected the name of the job")
	} else {
		found.JobName("Job", *p.Job)
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
