package gofunction_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

const entry = "lambdas/worker"

func TestMinimal(t *testing.T) {
	stack := synthesis.Stack(t)
	gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String(entry)})
	synthesis.Snapshot(t, "minimal", synthesis.Reviewed(t, "minimal", stack).Resources)
}

func TestEverythingSet(t *testing.T) {
	stack := synthesis.Stack(t)
	gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry:               jsii.String(entry),
		Description:         jsii.String("does the work"),
		MemoryMB:            jsii.Number(1769),
		Timeout:             awscdk.Duration_Minutes(jsii.Number(15)),
		Environment:         &map[string]*string{"TABLE": jsii.String("orders")},
		Architecture:        awslambda.Architecture_X86_64(),
		ReservedConcurrency: jsii.Number(50),
		Network:             network(stack),
		Role:                awsiam.Role_FromRoleName(stack, jsii.String("Role"), jsii.String("our-functions"), nil),
		Layers:              []awslambda.ILayerVersion{layer(stack, "Tools")},
		EphemeralStorageMB:  jsii.Number(1024),
		DeadLetterQueue:     awssqs.Queue_FromQueueArn(stack, jsii.String("Failures"), jsii.String("arn:aws:sqs:us-east-1:123456789012:failures")),
		LogRetention:        awslogs.RetentionDays_ONE_YEAR,
		RemovalPolicy:       awscdk.RemovalPolicy_RETAIN,
		EncryptionKey:       awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
	})
	synthesis.Snapshot(t, "everything", synthesis.Reviewed(t, "everything", stack).Resources)
}

func TestBadPropsAreRefusedAllAtOnce(t *testing.T) {
	stack := synthesis.Stack(t)
	message := synthesis.Panics(t, func() {
		gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
			Entry:               jsii.String("no/such/folder"),
			MemoryMB:            jsii.Number(64),
			Timeout:             awscdk.Duration_Hours(jsii.Number(1)),
			ReservedConcurrency: jsii.Number(-1),
			RemovalPolicy:       awscdk.RemovalPolicy_SNAPSHOT,
			Settings:            &gofunction.Settings{EphemeralStorageMB: jsii.Number(20480)},
			Environment:         &map[string]*string{"AWS_LAMBDA_FUNCTION_NAME": jsii.String("mine")},
		})
	})
	for _, expected := range []string{
		"Test/Worker: ",
		`Entry: got "no/such/folder", expected the folder of a main package`,
		"MemoryMB: got 64, expected a whole number from 128 to 10240",
		"Timeout: got 3600 s, expected whole seconds from 1 s to 900 s",
		"ReservedConcurrency: got -1, expected a whole number from 0 to 100000",
		`RemovalPolicy: got "SNAPSHOT", expected one of "DESTROY", "RETAIN", "RETAIN_ON_UPDATE_OR_DELETE"`,
		"EphemeralStorageMB: got 20480, expected a whole number from 512 to 10240",
		"Environment: got AWS_LAMBDA_FUNCTION_NAME, which Lambda reserves",
	} {
		if !strings.Contains(message, expected) {
			t.Errorf("got %q, expected it to contain %q", message, expected)
		}
	}
	if children := len(*stack.Node().Children()); children != 0 {
		t.Errorf("got %d children of the stack, expected none to be created from bad props", children)
	}
	if message := synthesis.Panics(t, func() { gofunction.New(stack, jsii.String("Worker"), nil) }); !strings.Contains(message, "Package, Entry: got neither") {
		t.Errorf("got %q, expected a missing entry to be named", message)
	}
}

func TestPackageOfAModule(t *testing.T) {
	byFolder, byImportPath := synthesis.Stack(t), synthesis.Stack(t)
	gofunction.New(byFolder, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String(entry)})
	gofunction.New(byImportPath, jsii.String("Worker"), &gofunction.Props{Package: jsii.String("github.com/mapjob/mapjob/" + entry)})
	if got, expected := synthesis.Synthesize(t, byImportPath).Resources, synthesis.Synthesize(t, byFolder).Resources; !reflect.DeepEqual(got, expected) {
		t.Errorf("got %v, expected %v", got, expected)
	}
	for importPath, expected := range map[string]string{
		"github.com/mapjob/mapjob/job":     `Package: got "github.com/mapjob/mapjob/job", which is package job, expected package main`,
		"github.com/mapjob/mapjob/no/such": `Package: got "github.com/mapjob/mapjob/no/such", expected the import path of a main package of this module or of one that it requires: no required module provides package`,
	} {
		stack := synthesis.Stack(t)
		message := synthesis.Panics(t, func() {
			gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Package: &importPath})
		})
		if !strings.Contains(message, expected) {
			t.Errorf("got %q, expected it to contain %q", message, expected)
		}
	}
}
