package gofunction_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/test/synthesis"
)

// ownEntry returns the folder of a function that does nothing.
func ownEntry(t *testing.T) *string {
	return jsii.String(filepath.Join(module(t, map[string]string{"worker/main.go": nothing}), "worker"))
}

// layer returns an imported layer.
func layer(stack awscdk.Stack, id string) awslambda.ILayerVersion {
	return awslambda.LayerVersion_FromLayerVersionArn(stack, &id, jsii.String("arn:aws:lambda:us-east-1:123456789012:layer:"+id+":1"))
}

// policies returns every policy in the template, as text.
func policies(t *testing.T, template *synthesis.Template) string {
	t.Helper()
	text, err := json.Marshal([]any{template.OfType("AWS::IAM::Policy"), template.OfType("AWS::IAM::Role")})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFunctionTakesANetworkLayersStorageAndAQueue(t *testing.T) {
	stack := synthesis.Stack(t)
	vpc := awsec2.NewVpc(stack, jsii.String("VPC"), nil)
	group := awsec2.NewSecurityGroup(stack, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: vpc})
	key := awskms.NewKey(stack, jsii.String("Key"), nil)
	queue := awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{EncryptionMasterKey: key})
	gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry: ownEntry(t), EphemeralStorageMB: jsii.Number(2048), DeadLetterQueue: queue, Layers: []awslambda.ILayerVersion{layer(stack, "Tools")},
		Network: &gofunction.Network{VPC: vpc, Subnets: &awsec2.SubnetSelection{Subnets: &[]awsec2.ISubnet{(*vpc.PrivateSubnets())[1]}}, SecurityGroups: []awsec2.ISecurityGroup{group}},
	})
	template := synthesis.Synthesize(t, stack)
	for id, resource := range template.OfType("AWS::Lambda::Function") {
		if !strings.HasPrefix(id, "Worker") {
			continue
		}
		text, _ := json.Marshal(resource.Properties)
		for _, expected := range []string{`"EphemeralStorage":{"Size":2048}`, `layer:Tools:1`, `"TargetArn":{"Fn::GetAtt":["Queue`,
			`"SecurityGroupIds":[{"Fn::GetAtt":["Group`, `"SubnetIds":[{"Ref":"VPCPrivateSubnet2`} {
			if !strings.Contains(string(text), expected) {
				t.Errorf("got %s, expected it to contain %s", text, expected)
			}
		}
	}
	text := policies(t, template)
	for _, expected := range []string{"ec2:CreateNetworkInterface", "ec2:DescribeSubnets", "sqs:SendMessage", "kms:GenerateDataKey", "logs:PutLogEvents"} {
		if !strings.Contains(text, expected) {
			t.Errorf("got the policies %s, expected %s in them", text, expected)
		}
	}
	if strings.Contains(text, "AWSLambdaVPCAccessExecutionRole") {
		t.Error("got the managed policy, which lets the function write to every log group")
	}
}

func TestAGivenRoleGetsThePermissions(t *testing.T) {
	own := func(s awscdk.Stack) awsiam.IRole {
		return awsiam.NewRole(s, jsii.String("Shared"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	}
	imported := func(arn string, mutable bool) func(awscdk.Stack) awsiam.IRole {
		return func(s awscdk.Stack) awsiam.IRole {
			return awsiam.Role_FromRoleArn(s, jsii.String("Shared"), &arn, &awsiam.FromRoleArnOptions{Mutable: &mutable})
		}
	}
	for name, c := range map[string]struct {
		role    func(awscdk.Stack) awsiam.IRole
		granted bool
	}{
		"of the app": {own, true},
		"imported":   {imported("arn:aws:iam::123456789012:role/shared", true), true},
		"immutable":  {imported("arn:aws:iam::123456789012:role/shared", false), false},
	} {
		stack := synthesis.Stack(t)
		queue := awssqs.NewQueue(stack, jsii.String("Queue"), nil)
		function := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: ownEntry(t), Role: c.role(stack)})
		queue.GrantSendMessages(function)
		warnings := len(*assertions.Annotations_FromStack(stack).FindWarning(jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String("Role: got a role that the CDK can't change"))))
		text := policies(t, synthesis.Synthesize(t, stack))
		for _, action := range []string{"logs:PutLogEvents", "xray:PutTraceSegments", "sqs:SendMessage"} {
			if got := strings.Contains(text, action); got != c.granted {
				t.Errorf("%s: got %t for %s in the policies %s, expected %t", name, got, action, text, c.granted)
			}
		}
		if (warnings == 1) == c.granted {
			t.Errorf("%s: got %d warnings that the role can't be changed, expected one only if it can't", name, warnings)
		}
	}
}

func TestWrongNetworkStorageLayersAndQueueAreRefused(t *testing.T) {
	stack := synthesis.Stack(t)
	var layers []awslambda.ILayerVersion
	for i := range 6 {
		layers = append(layers, layer(stack, fmt.Sprint("Layer", i)))
	}
	message := synthesis.Panics(t, func() {
		gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
			Entry: ownEntry(t), Network: &gofunction.Network{}, EphemeralStorageMB: jsii.Number(511), Layers: layers,
			DeadLetterQueue: awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{Fifo: jsii.Bool(true)}),
		})
	})
	for _, expected := range []string{"Network.VPC: got nothing", "EphemeralStorageMB: got 511", "Layers: got 6, expected at most 5", "DeadLetterQueue: got a FIFO queue"} {
		if !strings.Contains(message, expected) {
			t.Errorf("got %q, expected it to contain %q", message, expected)
		}
	}
}
