package gofunction_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/test/synthesis"
)

// vpc returns an imported VPC with two private and two public subnets.
func vpc(stack awscdk.Stack) awsec2.IVpc {
	return awsec2.Vpc_FromVpcAttributes(stack, jsii.String("VPC"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-00000001"), AvailabilityZones: jsii.Strings("us-east-1a", "us-east-1b"),
		PrivateSubnetIds: jsii.Strings("subnet-00000001", "subnet-00000002"), PublicSubnetIds: jsii.Strings("subnet-00000003", "subnet-00000004"),
	})
}

// network returns a network with a security group.
func network(stack awscdk.Stack) *gofunction.Network {
	return &gofunction.Network{
		VPC: vpc(stack), Subnets: &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
		SecurityGroups: []awsec2.ISecurityGroup{awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String("Group"), jsii.String("sg-00000001"), nil)},
	}
}

// properties returns the properties of the function of a construct, as text.
func properties(t *testing.T, template *synthesis.Template, construct string) string {
	t.Helper()
	for id, function := range template.OfType("AWS::Lambda::Function") {
		if strings.HasPrefix(id, construct+"Function") {
			text, err := json.Marshal(function.Properties)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	t.Fatalf("got no function of %s", construct)
	return ""
}

func TestFunctionsShareSettingsUnlessTheyHaveTheirOwn(t *testing.T) {
	stack := synthesis.Stack(t)
	role := func(name string) awsiam.IRole {
		return awsiam.NewRole(stack, &name, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	}
	queue := func(name string) awssqs.IQueue { return awssqs.NewQueue(stack, &name, nil) }
	ours := &gofunction.Settings{
		Network: network(stack), Role: role("Ours"), Layers: []awslambda.ILayerVersion{layer(stack, "Tools")}, EphemeralStorageMB: jsii.Number(1024),
		DeadLetterQueue: queue("OurQueue"), ReservedConcurrency: jsii.Number(7),
	}
	gofunction.New(stack, jsii.String("Plain"), &gofunction.Props{Entry: ownEntry(t), Settings: ours})
	gofunction.New(stack, jsii.String("Special"), &gofunction.Props{
		Entry: ownEntry(t), Settings: ours,
		Network: &gofunction.Network{VPC: ours.Network.VPC, Subnets: &awsec2.SubnetSelection{AvailabilityZones: jsii.Strings("us-east-1b")}},
		Role:    role("Own"), Layers: []awslambda.ILayerVersion{}, EphemeralStorageMB: jsii.Number(2048),
		DeadLetterQueue: queue("OwnQueue"), ReservedConcurrency: jsii.Number(0),
	})
	template := synthesis.Synthesize(t, stack)
	shared := []string{`"SecurityGroupIds":["sg-00000001"]`, `"SubnetIds":["subnet-00000001","subnet-00000002"]`, `"Role":{"Fn::GetAtt":["Ours`, `layer:Tools:1`,
		`"EphemeralStorage":{"Size":1024}`, `"TargetArn":{"Fn::GetAtt":["OurQueue`, `"ReservedConcurrentExecutions":7`}
	own := []string{`"SecurityGroupIds":[{"Fn::GetAtt":["Special`, `"SubnetIds":["subnet-00000002"]`, `"Role":{"Fn::GetAtt":["Own`,
		`"EphemeralStorage":{"Size":2048}`, `"TargetArn":{"Fn::GetAtt":["OwnQueue`, `"ReservedConcurrentExecutions":0`}
	plain, special := properties(t, template, "Plain"), properties(t, template, "Special")
	for _, expected := range shared {
		if !strings.Contains(plain, expected) || strings.Contains(special, expected) {
			t.Errorf("got %s and %s, expected %s in the first only", plain, special, expected)
		}
	}
	for _, expected := range own {
		if !strings.Contains(special, expected) || strings.Contains(plain, expected) {
			t.Errorf("got %s and %s, expected %s in the second only", plain, special, expected)
		}
	}
}

// The role's own policy is in the stack of the role, which must not need that of the
// function.
func TestARoleMayBeOfAnotherStack(t *testing.T) {
	app := synthesis.App(t, nil)
	base, stack := awscdk.NewStack(app, jsii.String("Base"), nil), awscdk.NewStack(app, jsii.String("Shop"), nil)
	role := awsiam.NewRole(base, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: ownEntry(t), Role: role, Network: network(stack)})
	template := synthesis.Synthesize(t, stack)
	policy := template.Only(t, "AWS::IAM::Policy")
	for _, action := range []string{"logs:PutLogEvents", "xray:PutTraceSegments", "ec2:CreateNetworkInterface"} {
		if text, _ := json.Marshal(policy.Properties); !strings.Contains(string(text), action) {
			t.Errorf("got the policy %s, expected %s in it", text, action)
		}
	}
	// Lambda refuses to create a function in a VPC before its role has the permissions.
	if text, _ := json.Marshal(template.Only(t, "AWS::Lambda::Function").DependsOn); !strings.Contains(string(text), "WorkerPolicy") {
		t.Errorf("got a function that depends on %s, expected it to depend on its policy", text)
	}
}

func TestSubnetsThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		subnets  *awsec2.SubnetSelection
		expected string
	}{
		"public":          {&awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PUBLIC}, "Network.Subnets: got public subnets, expected private ones"},
		"of no group":     {&awsec2.SubnetSelection{SubnetGroupName: jsii.String("Workers")}, "Network.Subnets: got a selection that fits no subnet of the VPC, expected private subnets of it: "},
		"of no type":      {&awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}, "Network.Subnets: got a selection that fits no subnet of the VPC"},
		"of another zone": {&awsec2.SubnetSelection{AvailabilityZones: jsii.Strings("us-east-1c")}, "Network.Subnets: got a selection that fits no subnet of the VPC"},
	} {
		stack := synthesis.Stack(t)
		settings := &gofunction.Settings{Network: &gofunction.Network{VPC: vpc(stack), Subnets: c.subnets}, EphemeralStorageMB: jsii.Number(1)}
		message := synthesis.Panics(t, func() {
			gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: ownEntry(t), Settings: settings})
		})
		for _, expected := range []string{"Test/Worker: ", c.expected, "EphemeralStorageMB: got 1,"} {
			if !strings.Contains(message, expected) {
				t.Errorf("%s: got %q, expected it to contain %q", name, message, expected)
			}
		}
		if err := settings.Validate(); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: got %v from Validate, expected %q", name, err, c.expected)
		}
	}
	if err := (*gofunction.Settings)(nil).Validate(); err != nil {
		t.Errorf("got %v for no settings, expected none", err)
	}
}

func TestLogsStayIfTheyAreRetained(t *testing.T) {
	for policy, expected := range map[awscdk.RemovalPolicy]string{
		"": "Delete Delete", awscdk.RemovalPolicy_DESTROY: "Delete Delete", awscdk.RemovalPolicy_RETAIN: "Retain Retain",
		awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE: "RetainExceptOnCreate Retain",
	} {
		stack := synthesis.Stack(t)
		gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: ownEntry(t), RemovalPolicy: policy})
		group := synthesis.Synthesize(t, stack).Only(t, "AWS::Logs::LogGroup")
		if got := group.DeletionPolicy + " " + group.UpdateReplacePolicy; got != expected {
			t.Errorf("%q: got %s, expected %s", policy, got, expected)
		}
	}
}
