package loggroup_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/loggroup"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *loggroup.Props{
		"minimal": func(awscdk.Stack) *loggroup.Props { return nil },
		"everything": func(s awscdk.Stack) *loggroup.Props {
			return &loggroup.Props{Prefix: jsii.String("/ours/"), Retention: awslogs.RetentionDays_ONE_WEEK,
				RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
				EncryptionKey: awskms.NewKey(s, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			loggroup.New(stack, jsii.String("Logs"), props(stack))
			synthesis.Snapshot(t, name, synthesis.Reviewed(t, name, stack).Resources)
		})
	}
}

func TestNamesInOneStackDiffer(t *testing.T) {
	stack := synthesis.Stack(t)
	names := map[any]bool{}
	for _, id := range []string{"A", "AB"} {
		scope := constructs.NewConstruct(stack, &id)
		loggroup.New(scope, jsii.String("Logs"), &loggroup.Props{Prefix: jsii.String("/ours/")})
		loggroup.New(scope, jsii.String("Others"), &loggroup.Props{Prefix: jsii.String("/ours/")})
	}
	for _, group := range synthesis.Synthesize(t, stack).OfType("AWS::Logs::LogGroup") {
		parts := group.Properties["LogGroupName"].(map[string]any)["Fn::Join"].([]any)[1].([]any)
		names[parts[2]] = true
	}
	if len(names) != 4 {
		t.Errorf("got the names %v, expected four", names)
	}
}

func TestSharedKeyAllowsLogsOnce(t *testing.T) {
	stack := synthesis.Stack(t)
	key := awskms.NewKey(stack, jsii.String("Key"), nil)
	for _, id := range []string{"Logs", "Others"} {
		loggroup.New(stack, &id, &loggroup.Props{EncryptionKey: key})
	}
	policy := synthesis.Synthesize(t, stack).Only(t, "AWS::KMS::Key").Properties["KeyPolicy"].(map[string]any)
	if n := len(policy["Statement"].([]any)); n != 2 { // one more for the account
		t.Errorf("got %d statements, expected two: a policy must not have one ID twice", n)
	}
}

// A name has at most 512 characters (CloudWatch Logs API reference, "CreateLogGroup"),
// with a stack's name of 128 and the UUID of its ID.
func TestNamesAreShortEnough(t *testing.T) {
	stack := synthesis.Stack(t)
	for _, id := range []string{"A", "B"} {
		scope := constructs.NewConstruct(stack, jsii.String("Deep"+id))
		for _, letter := range "STUVWXYZ" { // names leave out what is repeated
			scope = constructs.NewConstruct(scope, jsii.String(strings.Repeat(string(letter), 60)))
		}
		loggroup.New(scope, jsii.String("Logs"), &loggroup.Props{Prefix: jsii.String("/aws/vendedlogs/states/"), RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
	}
	names := map[string]bool{}
	for _, group := range synthesis.Synthesize(t, stack).OfType("AWS::Logs::LogGroup") {
		size := 128 + 36
		for _, part := range group.Properties["LogGroupName"].(map[string]any)["Fn::Join"].([]any)[1].([]any) {
			if text, ok := part.(string); ok {
				names[text] = true
				size += len(text)
			}
		}
		if size > 512 || size < 300 {
			t.Errorf("got a name of %d characters, %v, expected at most 512", size, group.Properties["LogGroupName"])
		}
	}
	if len(names) != 3 { // the prefix is a part of both
		t.Errorf("got the parts %v of names, expected two that differ", names)
	}
}
