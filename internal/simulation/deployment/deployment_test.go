package deployment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/eventsource"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/template"
)

func read(t *testing.T, resources string) (*deployment.Stack, error) {
	t.Helper()
	parsed, err := template.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return deployment.Read(parsed)
}

func TestFunctionsOfATemplate(t *testing.T) {
	s, err := read(t, `
		"Slow": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 60, "FunctionName": "slow-one"}},
		"Quick": {"Type": "AWS::Lambda::Function", "Properties": {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}}},
		"Events": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "Slow"}, "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 90}},
		"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineType": "EXPRESS", "DefinitionString": {"Fn::Sub":
			"{\"StartAt\": \"Both\", \"States\": {\"Both\": {\"Type\": \"Parallel\", \"End\": true, \"Branches\": [{\"StartAt\": \"One\", \"States\": {\"One\": {\"Type\": \"Task\", \"Resource\": \"${Slow.Arn}\", \"End\": true}}}, {\"StartAt\": \"Two\", \"States\": {\"Two\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::lambda:invoke\", \"Parameters\": {\"FunctionName\": \"${Slow.Arn}:$LATEST\"}, \"End\": true}}}]}}}"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Functions {
		got = append(got, fmt.Sprint(f.ID, " ", f.Name, " ", f.Timeout, " ", f.States, " ", f.Events.Retries, " ", f.Events.MaxAge, " ", f.Events.DeadLetter))
	}
	if diff := cmp.Diff([]string{
		"Quick Stack-Quick 3s [] 2 6h0m0s arn:aws:sqs:us-east-1:123456789012:dead",
		"Slow slow-one 1m0s [One Two] 0 1m30s ",
	}, got); diff != "" {
		t.Errorf("functions (-expected +got):\n%s", diff)
	}
	m := s.Machines[0]
	if m.Type != "EXPRESS" || m.PathOf("Two") != "Both/Two" || s.Started(strings.Replace(m.ARN, "stateMachine", "express", 1)+":name:id") != m {
		t.Errorf("got %s with the path %s, expected an Express machine with Both/Two, found by its executions", m.Type, m.PathOf("Two"))
	}
	for _, address := range []string{"slow-one", "slow-one:1", "arn:aws:lambda:us-east-1:123456789012:function:slow-one", "arn:aws:lambda:us-east-1:123456789012:function:slow-one:live"} {
		if f := s.Function(address); f == nil || f.ID != "Slow" {
			t.Errorf("%s: got %+v, expected the function Slow", address, f)
		}
	}
}

func TestQueuesOfATemplate(t *testing.T) {
	s, err := read(t, `
		"Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60, "RedrivePolicy": {"maxReceiveCount": 2}}},
		"Ordered": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}},
		"Worker": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 10}},
		"Stream": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/Stack-Work", "FunctionName": {"Ref": "Worker"}}},
		"Off": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Work", "Arn"]}, "FunctionName": {"Ref": "Worker"}, "Enabled": false}},
		"On": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Work", "Arn"]}, "FunctionName": {"Fn::GetAtt": ["Worker", "Arn"]}, "BatchSize": 5, "MaximumBatchingWindowInSeconds": 3, "FunctionResponseTypes": ["ReportBatchItemFailures"]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*eventsource.Queue{{Name: "Stack-Work", Attributes: map[string]string{"VisibilityTimeout": "60", "RedrivePolicy": `{"maxReceiveCount":2}`}}}, s.Queues); diff != "" {
		t.Errorf("queues (-expected +got):\n%s", diff)
	}
	if len(s.Mappings) != 1 || s.Mappings[0].BatchSize != 5 || s.Mappings[0].Window != 3*time.Second || !s.Mappings[0].Partial || s.Mappings[0].Timeout != 10*time.Second {
		t.Errorf("got %+v, expected the mapping that is enabled", s.Mappings)
	}
}

func TestFunctionsOfADefinitionOnItsOwn(t *testing.T) {
	machine, err := asl.Parse([]byte(`{"QueryLanguage": "JSONata", "StartAt": "A", "States": {
		"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Arguments": {"FunctionName": "charge:live", "Payload": {}}, "Next": "B"},
		"B": {"Type": "Map", "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:ship", "End": true}}}, "Next": "D"},
		"D": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "{% $states.input.function %}"}, "Next": "E"},
		"E": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Arguments": {"JobName": "j"}, "End": true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := deployment.Lone(machine)
	var got []string
	for _, f := range s.Functions {
		got = append(got, fmt.Sprint(f.ID, " ", f.ARN, " ", f.Timeout, " ", f.States))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{
		"charge arn:aws:lambda:us-east-1:123456789012:function:charge 15m0s [A]",
		"ship arn:aws:lambda:eu-west-1:1:function:ship 15m0s [C]",
	}, got); diff != "" {
		t.Errorf("functions (-expected +got):\n%s", diff)
	}
	if m := s.Machines[0]; len(m.Unanswered) != 1 || m.Path(m.Unanswered[0]) != "E" {
		t.Errorf("got %v that nothing answers, expected E", m.Unanswered)
	}
}

func TestAllProblemsOfATemplateAreListed(t *testing.T) {
	_, err := read(t, `
		"One": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{}"}},
		"Two": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {}}`)
	if err == nil || !strings.Contains(err.Error(), "state machine One: ") || !strings.Contains(err.Error(), "state machine Two: got 0 of DefinitionString") {
		t.Errorf("got %v, expected the problems of both state machines", err)
	}
}
