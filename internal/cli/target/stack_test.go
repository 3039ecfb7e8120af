package target

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/typed"
)

// stacks has the resources of stacks, one on each page.
type stacks map[string][]types.StackResourceSummary

func (s stacks) ListStackResources(_ context.Context, in *cloudformation.ListStackResourcesInput, _ ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
	resources, ok := s[*in.StackName]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: "Stack with id " + *in.StackName + " does not exist"}
	}
	page := 0
	if in.NextToken != nil {
		page = len(*in.NextToken)
	}
	out := &cloudformation.ListStackResourcesOutput{}
	if page < len(resources) {
		out.StackResourceSummaries = resources[page : page+1]
	}
	if page+1 < len(resources) {
		out.NextToken = aws.String("nnnnnnnn"[:page+1])
	}
	return out, nil
}

func resource(kind, id, physical string) types.StackResourceSummary {
	return types.StackResourceSummary{ResourceType: &kind, LogicalResourceId: &id, PhysicalResourceId: &physical, ResourceStatus: types.ResourceStatusCreateComplete}
}

func TestAStackNamesTheStateMachineOfAJob(t *testing.T) {
	const machines, machineType = "arn:aws:states:eu-west-1:123456789012:stateMachine:", "AWS::StepFunctions::StateMachine"
	gone := resource(machineType, "Gone", machines+"Shop-Gone")
	gone.ResourceStatus = types.ResourceStatusDeleteComplete
	pending := types.StackResourceSummary{ResourceType: aws.String(machineType), LogicalResourceId: aws.String("Pending"), ResourceStatus: types.ResourceStatusCreateInProgress}
	s := &Session{Service: &operate.Service{Region: "eu-west-1"}, stacks: stacks{
		"Shop":       {resource("AWS::SQS::Queue", "Queue", "q"), gone, pending, resource(machineType, "NightlyStateMachine1", machines+"Shop-NightlyStateMachine1-AbC")},
		"Outer":      {resource("AWS::CloudFormation::Stack", "Nested", "arn:nested")},
		"Two":        {resource("AWS::CloudFormation::Stack", "Nested", "arn:nested"), resource(machineType, "WeeklyStateMachine2", machines+"Two-WeeklyStateMachine2-DeF")},
		"Queues":     {resource("AWS::SQS::Queue", "Queue", "q")},
		"arn:nested": {resource("AWS::CloudFormation::Stack", "Deeper", "arn:deeper")},
		"arn:deeper": {resource(machineType, "HourlyStateMachine3", machines+"Outer-HourlyStateMachine3-GhI")},
	}}
	const two = "Outer-HourlyStateMachine3-GhI, Two-WeeklyStateMachine2-DeF"
	for _, c := range []struct{ stack, job, expected string }{
		{"Shop", "", machines + "Shop-NightlyStateMachine1-AbC"},
		{"Shop", "Nightly", machines + "Shop-NightlyStateMachine1-AbC"},
		{"Outer", "", machines + "Outer-HourlyStateMachine3-GhI"},
		{"Two", "Hourly", machines + "Outer-HourlyStateMachine3-GhI"},
		{"Two", "WeeklyStateMachine2", machines + "Two-WeeklyStateMachine2-DeF"},
		{"Two", "Two-Weekly", machines + "Two-WeeklyStateMachine2-DeF"},
		{"Two", machines + "Two-WeeklyStateMachine2-DeF", machines + "Two-WeeklyStateMachine2-DeF"},
		{"Two", "", "--job: got none, expected one of the 2 state machines of stack Two: " + two},
		{"Two", "Daily", "--job: got Daily, which names 0 state machines of stack Two, expected one of: " + two},
		{"Queues", "", "--stack: stack Queues has no state machine, expected that of a job"},
		{"Nowhere", "", "--stack: stack Nowhere does not exist in region eu-west-1 of this account: check --region and --profile"},
	} {
		got, err := s.inStack(t.Context(), c.stack, c.job)
		if err != nil {
			got = err.Error()
		}
		if got != c.expected {
			t.Errorf("--stack %s --job %q: got %s, expected %s", c.stack, c.job, got, c.expected)
		}
	}
}

func TestAStackThatMayNotBeListedNamesThePermission(t *testing.T) {
	denied := &smithy.OperationError{ServiceID: "CloudFormation", OperationName: "ListStackResources",
		Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}}
	err := (&Session{Service: &operate.Service{}}).explainStack(denied, "Shop")
	if expected := "permission is missing: allow cloudformation:ListStackResources on stack Shop (no)"; err.Error() != expected || !errors.As(err, new(smithy.APIError)) {
		t.Errorf("got %v, expected %s", err, expected)
	}
}

func TestAFolderWithoutRunsOfAStackSaysSo(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := (&Session{}).ranOf("Shop", "")
	if expected := "--stack: got Shop, but no run of this folder says of which stack it is: start one with " + typed.Command("run"); err == nil || err.Error() != expected {
		t.Errorf("got %v, expected %s", err, expected)
	}
}
