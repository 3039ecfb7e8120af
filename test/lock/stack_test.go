// Package lock executes state machines with locks of constructs/joblock.
//
// They run as they were synthesized, many executions at once in one run of the
// engine, with the conditional writes of dynalite. The clock is virtual: it stops
// while dynalite works, so that real time does not count, and each state entry,
// request and response takes as long in virtual time as the test says. An execution
// that is stopped in between may have sent its request, and dynalite may have
// executed it, without the execution knowing.
package lock

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// object is a JSON object.
type object = map[string]any

// machine is a state machine of the test.
type machine struct {
	id      string
	policy  string
	timeout time.Duration // after which an execution is TIMED_OUT
}

// The policies.
const (
	skip    = "skip"
	wait    = "wait"
	replace = "replace"
	fail    = "fail"
)

// overlap returns the policy for the lock.
func (m *machine) overlap() joblock.Overlap {
	switch m.policy {
	case wait:
		return briefWait()
	case replace:
		return &joblock.Replace{}
	case fail:
		return &joblock.Fail{}
	}
	return &joblock.Skip{}
}

func briefWait() *joblock.Wait {
	return &joblock.Wait{Limit: inSeconds(waitLimit), PollEvery: inSeconds(pollEvery)}
}

// machines has one state machine for each policy, and one whose executions time out
// while they wait.
var machines = []machine{
	{"Skip", skip, time.Minute},
	{"Wait", wait, 2 * time.Minute},
	{"Replace", replace, time.Minute},
	{"Fail", fail, time.Minute},
	{"WaitBriefly", wait, waitLimit + 2*time.Second},
}

// What the state machines of the test are set to.
const (
	pollEvery = 5 * time.Second
	waitLimit = 60 * time.Second
)

func inSeconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

// body works for as many seconds as its input says and then does what the input says:
// it succeeds, fails, or ends with an error that nothing catches.
func body(scope constructs.Construct) awsstepfunctions.IChainable {
	work := awsstepfunctions.NewCustomState(scope, jsii.String("Work"), &awsstepfunctions.CustomStateProps{
		StateJson: &object{"Type": "Wait", "Seconds": "{% $states.input.seconds %}"},
	})
	die := awsstepfunctions.NewCustomState(scope, jsii.String("Die"), &awsstepfunctions.CustomStateProps{
		StateJson: &object{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": object{"QueueUrl": "https://sqs.local/die", "MessageBody": "die"}},
	})
	fail := awsstepfunctions.Fail_Jsonata(scope, jsii.String("Fail"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String("Body.Failed"), Cause: jsii.String("{% 'after ' & $string($states.input.seconds) & ' s' %}"),
	})
	nameless := awsstepfunctions.Fail_Jsonata(scope, jsii.String("FailWithoutAName"), nil)
	done := awsstepfunctions.Pass_Jsonata(scope, jsii.String("Done"), &awsstepfunctions.PassJsonataProps{
		Outputs: "{% $exists($states.input.output) ? $states.input.output : 'done' %}",
	})
	does := func(what string) awsstepfunctions.Condition {
		return awsstepfunctions.Condition_Jsonata(jsii.String("{% $states.input.does = '" + what + "' %}"))
	}
	end := awsstepfunctions.Choice_Jsonata(scope, jsii.String("End"), nil)
	end.When(does("fail"), fail, nil).When(does("die"), die, nil).When(does("fail without a name"), nameless, nil).Otherwise(done)
	return work.Next(end)
}

// locked creates a state machine with a lock in the table.
func locked(stack awscdk.Stack, m machine, table awsdynamodb.ITable) {
	scope := constructs.NewConstruct(stack, jsii.String(m.id))
	lock := joblock.New(scope, jsii.String("Lock"), &joblock.Props{Table: table, Overlap: m.overlap()})
	stateMachine := awsstepfunctions.NewStateMachine(scope, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body(scope))),
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		Timeout:        inSeconds(m.timeout),
	})
	lock.Grant(stateMachine)
}

// lockedInJSONPath creates a state machine in JSONPath with a lock, whose states are
// in JSONata.
func lockedInJSONPath(stack awscdk.Stack, table awsdynamodb.ITable) {
	scope := constructs.NewConstruct(stack, jsii.String("JSONPath"))
	lock := joblock.New(scope, jsii.String("Lock"), &joblock.Props{Table: table, Overlap: briefWait()})
	work := awsstepfunctions.NewWait(scope, jsii.String("Work"), &awsstepfunctions.WaitProps{
		Time: awsstepfunctions.WaitTime_SecondsPath(jsii.String("$.seconds")),
	})
	done := awsstepfunctions.NewPass(scope, jsii.String("Done"), &awsstepfunctions.PassProps{OutputPath: jsii.String("$.output")})
	lock.Grant(awsstepfunctions.NewStateMachine(scope, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(work.Next(done))),
	}))
}

// driver starts and stops executions at the moments of its input. When all have
// ended, it starts one more and waits for it.
const driver = `{"QueryLanguage": "JSONata", "StartAt": "Schedule", "States": {
	"Schedule": {"Type": "Map", "Items": "{% $states.input.moments %}", "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "At", "States": {
		"At": {"Type": "Wait", "Timestamp": "{% $states.input.at %}", "Next": "What"},
		"What": {"Type": "Choice", "Choices": [{"Condition": "{% $exists($states.input.stop) %}", "Next": "Stop"}], "Default": "Start"},
		"Start": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution", "Arguments": "{% $states.input.start %}", "Output": {}, "End": true},
		"Stop": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:stopExecution", "Arguments": {"ExecutionArn": "{% $states.input.stop %}"}, "Output": {}, "End": true,
			"Catch": [{"ErrorEquals": ["Sfn.ExecutionDoesNotExistException"], "Next": "TooEarly"}]},
		"TooEarly": {"Type": "Pass", "Output": {}, "End": true}
	}}, "Output": "{% $states.input.last %}", "Next": "Quiet"},
	"Quiet": {"Type": "Wait", "Timestamp": "{% $states.input.at %}", "Next": "Last"},
	"Last": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Arguments": "{% $states.input.start %}", "Output": "{% $states.result.Output %}", "End": true}
}}`

// assembly returns the folder of a stack with the state machines above, four more
// with locks in the same table, and the driver.
func assembly(t *testing.T) string {
	t.Helper()
	app := synthesis.App(t, map[string]any{"aws:cdk:enable-path-metadata": true}) // names state machines by their construct
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	table := awsdynamodb.NewTable(stack, jsii.String("Locks"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("lock"), Type: awsdynamodb.AttributeType_STRING},
	})
	for _, m := range machines {
		locked(stack, m, table)
	}
	for i := range 4 {
		locked(stack, machine{fmt.Sprintf("Shared%d", i), fail, time.Minute}, table)
	}
	lockedInJSONPath(stack, table)
	awsstepfunctions.NewCfnStateMachine(stack, jsii.String("Driver"), &awsstepfunctions.CfnStateMachineProps{
		RoleArn: jsii.String("arn:aws:iam::123456789012:role/Driver"), DefinitionString: jsii.String(driver),
	})
	return *app.Synth(nil).Directory()
}

// world is the stack on this machine.
type world struct {
	*stack.Stack
	driver   *stack.Machine
	database *dynamodb.Client
	table    string
}

func start(t *testing.T, folder string) *world {
	t.Helper()
	assembly, err := template.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := stack.Start(context.Background(), synthesized, stack.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{Stack: c}
	if w.driver, err = c.Machine("Driver"); err != nil {
		t.Fatal(err)
	}
	var endpoint string
	for _, variable := range c.Endpoints() {
		if url, ok := strings.CutPrefix(variable, "AWS_ENDPOINT_URL_DYNAMODB="); ok {
			endpoint = url
		}
	}
	w.database = dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
	tables, err := w.database.ListTables(context.Background(), &dynamodb.ListTablesInput{})
	if err != nil || len(tables.TableNames) != 1 {
		t.Fatalf("got the tables %v (%v), expected one", tables.TableNames, err)
	}
	w.table = tables.TableNames[0]
	return w
}

// machineARN returns the ARN of a state machine of the stack.
func (w *world) machineARN(t testing.TB, name string) string {
	t.Helper()
	m, err := w.Machine(name)
	if err != nil {
		t.Fatal(err)
	}
	return m.ARN
}

// executionARN returns the ARN of an execution of a state machine.
func executionARN(machine, name string) string {
	return strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// putLock stores a lock.
func (w *world) putLock(t *testing.T, machine, owner string, takenAt time.Time) {
	t.Helper()
	_, err := w.database.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &w.table, Item: map[string]types.AttributeValue{
		"lock": text(machine), "owner": text(owner), "takenAt": text(takenAt.UTC().Format("2006-01-02T15:04:05.000Z")),
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// owners returns the owners of all locks, by key.
func (w *world) owners(t testing.TB) map[string]string {
	t.Helper()
	answer, err := w.database.Scan(context.Background(), &dynamodb.ScanInput{TableName: &w.table})
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string]string{}
	for _, item := range answer.Items {
		owners[item["lock"].(*types.AttributeValueMemberS).Value] = item["owner"].(*types.AttributeValueMemberS).Value
	}
	return owners
}
