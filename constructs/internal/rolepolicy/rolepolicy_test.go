package rolepolicy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
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

// A name has at most 128 characters (IAM API reference, "PutRolePolicy"), and differs
// from that of another construct, however long their paths are.
func TestNamesOfPoliciesAreShortEnough(t *testing.T) {
	stack := synthesis.Stack(t)
	role := awsiam.Role_FromRoleName(stack, jsii.String("Role"), jsii.String("ours"), nil)
	for _, last := range []string{"A", "B"} {
		scope := constructs.NewConstruct(stack, jsii.String("Deep"+last))
		for _, letter := range "STUVWXYZ" { // names leave out what is repeated
			scope = constructs.NewConstruct(scope, jsii.String(strings.Repeat(string(letter), 60)))
		}
		rolepolicy.New(scope, "JobStartAccess", role, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("sqs:SendMessage"), Resources: jsii.Strings("*")}))
	}
	names := map[string]bool{}
	for _, policy := range synthesis.Synthesize(t, stack).OfType("AWS::IAM::Policy") {
		size := 0
		for _, part := range policy.Properties["PolicyName"].(map[string]any)["Fn::Join"].([]any)[1].([]any) {
			if text, ok := part.(string); ok {
				names[text] = true
				size += len(text)
			} else {
				size += 36 // a UUID
			}
		}
		if size > 128 || size < 100 {
			t.Errorf("got a name of %d characters, %v, expected one that uses up to 128", size, policy.Properties["PolicyName"])
		}
	}
	if len(names) != 2 {
		t.Errorf("got the names %v, expected two", names)
	}
}
