package mapjob_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestRemovalPolicyOfWhatAJobKeeps(t *testing.T) {
	for policy, expected := range map[awscdk.RemovalPolicy]struct{ bucket, others string }{
		"":                           {"Retain", "Delete"},
		awscdk.RemovalPolicy_RETAIN:  {"Retain", "Retain"},
		awscdk.RemovalPolicy_DESTROY: {"Delete", "Delete"},
		awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE: {"RetainExceptOnCreate", "RetainExceptOnCreate"},
	} {
		stack := synthesis.Stack(t)
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), Mode: &mapjob.ByReference{}, Overlap: &joblock.Skip{}, RemovalPolicy: policy})
		template := synthesis.Synthesize(t, stack)
		var got []string
		for _, kind := range []string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup"} {
			for id, resource := range template.OfType(kind) {
				if strings.HasPrefix(id, "Job") {
					got = append(got, kind+" "+resource.DeletionPolicy)
				}
			}
		}
		want := []string{"AWS::DynamoDB::Table " + expected.others, "AWS::Logs::LogGroup " + expected.others, "AWS::Logs::LogGroup " + expected.others,
			"AWS::Logs::LogGroup " + expected.others, "AWS::S3::Bucket " + expected.bucket}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, expected %q", policy, got, want)
		}
	}
}

func TestOnlyABucketThatIsDeletedIsEmptied(t *testing.T) {
	build := func(policy awscdk.RemovalPolicy, empty *bool) *synthesis.Template {
		stack := synthesis.Stack(t)
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), RemovalPolicy: policy, Results: &mapjob.ResultsProps{AutoDeleteObjects: empty}})
		return synthesis.Synthesize(t, stack)
	}
	for _, empty := range []*bool{nil, jsii.Bool(false), jsii.Bool(true)} {
		emptied := len(build(awscdk.RemovalPolicy_DESTROY, empty).OfType("Custom::S3AutoDeleteObjects")) == 1
		if expected := empty != nil && *empty; emptied != expected {
			t.Errorf("got a bucket that is emptied: %t, expected %t", emptied, expected)
		}
	}
	for _, policy := range []awscdk.RemovalPolicy{"", awscdk.RemovalPolicy_RETAIN, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE} {
		message := synthesis.Panics(t, func() { build(policy, jsii.Bool(true)) })
		if expected := fmt.Sprintf(`Results.AutoDeleteObjects: got true with the RemovalPolicy %q, expected "DESTROY"`, policy); !strings.Contains(message, expected) {
			t.Errorf("got %q, expected it to contain %q", message, expected)
		}
	}
}

func TestBadSettingsOfFunctionsAndDataAreRefusedAllAtOnce(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("VPC"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-00000001"), AvailabilityZones: jsii.Strings("us-east-1a"), PublicSubnetIds: jsii.Strings("subnet-00000001"),
	})
	message := synthesis.Panics(t, func() {
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{
			Worker: worker, WorkerRetries: jsii.Number(-1), RemovalPolicy: awscdk.RemovalPolicy_SNAPSHOT, Results: &mapjob.ResultsProps{AutoDeleteObjects: jsii.Bool(true)},
			FunctionSettings: &gofunction.Settings{Network: &gofunction.Network{VPC: vpc}, EphemeralStorageMB: jsii.Number(1), ReservedConcurrency: jsii.Number(0.5)},
		})
	})
	for _, expected := range []string{
		"Test/Job: ", "WorkerRetries: got -1", `RemovalPolicy: got "SNAPSHOT", expected one of "DESTROY"`, `Results.AutoDeleteObjects: got true with the RemovalPolicy "SNAPSHOT"`,
		"FunctionSettings.Network.Subnets: got public subnets, expected private ones", "FunctionSettings.EphemeralStorageMB: got 1", "FunctionSettings.ReservedConcurrency: got 0.5",
	} {
		if !strings.Contains(message, expected) {
			t.Errorf("got %q, expected it to contain %q", message, expected)
		}
	}
	if stack.Node().TryFindChild(jsii.String("Job")) != nil {
		t.Error("got a job, expected none to be created from bad props")
	}
}

func TestFunctionsThatCanNotRunAreRefused(t *testing.T) {
	never := &gofunction.Settings{ReservedConcurrency: jsii.Number(0)}
	build := func(mode mapjob.Mode, reruns bool) {
		stack := synthesis.Stack(t)
		props := &mapjob.Props{Worker: function(stack, "Worker"), Mode: mode, FunctionSettings: never}
		if reruns {
			props.Summary, props.Results = function(stack, "Summary"), &mapjob.ResultsProps{}
		}
		mapjob.New(stack, jsii.String("Job"), props)
	}
	for name, create := range map[string]func(){"a summary": func() { build(nil, false) }, "a reader of reruns": func() { build(&mapjob.Inline{}, true) }} {
		message := synthesis.Panics(t, create)
		if expected := "FunctionSettings.ReservedConcurrency: got 0, expected 1 or more: the job could not invoke its functions"; !strings.Contains(message, expected) {
			t.Errorf("%s: got %q, expected it to contain %q", name, message, expected)
		}
	}
	build(&mapjob.Inline{}, false) // creates no function
}

// A role that the CDK can't change gets no policy.
func TestImmutableRolesAreLeftAlone(t *testing.T) {
	stack := synthesis.Stack(t)
	role := awsiam.Role_FromRoleArn(stack, jsii.String("Role"), jsii.String("arn:aws:iam::123456789012:role/ours"), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)})
	ours := &gofunction.Settings{Role: role}
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), Settings: ours})
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: worker, Mode: &mapjob.ByReference{}, FunctionSettings: ours})
	for id, policy := range synthesis.Synthesize(t, stack).OfType("AWS::IAM::Policy") {
		if text, _ := json.Marshal(policy.Properties["Roles"]); strings.Contains(string(text), "ours") {
			t.Errorf("got the policy %s of %s, expected none", id, text)
		}
	}
}
