package rolepolicy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/rolepolicy"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestNamesOfPoliciesDifferInARole(t *testing.T) {
	created := func(of awscdk.Stack) awsiam.IRole {
		return awsiam.NewRole(of, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	}
	imported := func(mutable bool) func(_, _ awscdk.Stack) awsiam.IRole {
		return func(stack, _ awscdk.Stack) awsiam.IRole {
			return awsiam.Role_FromRoleArn(stack, jsii.String("Role"), jsii.String("arn:aws:iam::123456789012:role/ours"), &awsiam.FromRoleArnOptions{Mutable: &mutable})
		}
	}
	for name, c := range map[string]struct {
		role     func(stack, other awscdk.Stack) awsiam.IRole
		policies int
		unique   bool
	}{
		"of the stack":     {func(stack, _ awscdk.Stack) awsiam.IRole { return created(stack) }, 1, false},
		"of another stack": {func(_, other awscdk.Stack) awsiam.IRole { return created(other) }, 1, true},
		"imported":         {imported(true), 1, true},
		"immutable":        {imported(false), 0, true},
	} {
		app := synthesis.App(t, nil)
		stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
		role := c.role(stack, awscdk.NewStack(app, jsii.String("Base"), nil))
		rolepolicy.New(stack, "Access", role, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("sqs:SendMessage"), Resources: jsii.Strings("arn:aws:sqs:us-east-1:123456789012:queue"),
		}))
		policies := synthesis.Synthesize(t, stack).OfType("AWS::IAM::Policy")
		if len(policies) != c.policies {
			t.Errorf("%s: got %d policies, expected %d", name, len(policies), c.policies)
		}
		for _, policy := range policies {
			text, _ := json.Marshal(policy.Properties["PolicyName"])
			if got := strings.Contains(string(text), `{"Ref":"AWS::StackId"}`); got != c.unique {
				t.Errorf("%s: got the name %s, expected the stack's ID in it: %t", name, text, c.unique)
			}
		}
	}
}
