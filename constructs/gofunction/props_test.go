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

// What Lambda would refuse when the stack is deployed is refused before, and what it
// takes is not.
func TestLimitsOfLambda(t *testing.T) {
	stack := synthesis.Stack(t)
	v := vpc(stack)
	groups := func(n int) (list []awsec2.ISecurityGroup) {
		for i := range n {
			list = append(list, awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String(fmt.Sprint("Group", n, "-", i)), jsii.String(fmt.Sprint("sg-", i)), nil))
		}
		return list
	}
	withSubnets := func(n int) *gofunction.Network {
		var ids, zones []string
		for i := range n {
			ids, zones = append(ids, fmt.Sprint("subnet-", i)), append(zones, fmt.Sprint("zone-", i))
		}
		return &gofunction.Network{VPC: awsec2.Vpc_FromVpcAttributes(stack, jsii.String(fmt.Sprint("VPC", n)), &awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-00000001"), AvailabilityZones: jsii.Strings(zones...), PrivateSubnetIds: jsii.Strings(ids...)})}
	}
	environment := func(name string, n int) *map[string]*string {
		return &map[string]*string{name: jsii.String(strings.Repeat("x", n-len(name)))}
	}
	id := 0
	create := func(props gofunction.Props) func() {
		id++
		name := fmt.Sprint("Worker", id)
		props.Entry = ownEntry(t)
		return func() { gofunction.New(stack, &name, &props) }
	}
	for name, c := range map[string]struct {
		good, bad gofunction.Props
		expected  string
	}{
		"description":     {gofunction.Props{Description: jsii.String(strings.Repeat("é", 256))}, gofunction.Props{Description: jsii.String(strings.Repeat("é", 257))}, "Description: got 257 characters, expected at most 256"},
		"environment":     {gofunction.Props{Environment: environment("TEXT", 4096)}, gofunction.Props{Environment: environment("TEXT", 4097)}, "Environment: got names and values of 4097 bytes, expected at most 4096"},
		"reserved name":   {gofunction.Props{Environment: environment("AWS_REGIONS", 20)}, gofunction.Props{Environment: environment("AWS_REGION", 20)}, "Environment: got AWS_REGION, which Lambda reserves"},
		"short name":      {gofunction.Props{Environment: environment("AB", 20)}, gofunction.Props{Environment: environment("A", 20)}, `Environment: got the name "A", expected a letter and then`},
		"name":            {gofunction.Props{Environment: environment("A_B", 20)}, gofunction.Props{Environment: environment("A-B", 20)}, `Environment: got the name "A-B", expected a letter and then`},
		"security groups": {gofunction.Props{Network: &gofunction.Network{VPC: v, SecurityGroups: groups(5)}}, gofunction.Props{Network: &gofunction.Network{VPC: v, SecurityGroups: groups(6)}}, "Network.SecurityGroups: got 6, expected at most 5"},
		"subnets":         {gofunction.Props{Network: withSubnets(16)}, gofunction.Props{Network: withSubnets(17)}, "Network.Subnets: got a selection of 17 subnets, expected at most 16"},
	} {
		create(c.good)()
		if message := synthesis.Panics(t, create(c.bad)); !strings.Contains(message, c.expected) {
			t.Errorf("%s: got %q, expected it to contain %q", name, message, c.expected)
		}
	}
}
