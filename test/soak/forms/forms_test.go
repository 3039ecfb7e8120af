// Package forms synthesizes a job of every form, which the soak runs.
//
// The soak reads the templates that this package's test keeps, so that it does not
// compile the CDK.
package forms

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/stacks"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// form sets the props by which a job is of a form.
type form func(*functions, *mapjob.Props)

// functions are those that all jobs share.
type functions struct{ jobStart, worker, summary awslambda.IFunction }

func forms() map[string]form {
	return map[string]form{
		"Value": func(f *functions, p *mapjob.Props) {
			p.Worker, p.Mode = f.worker, &mapjob.Distributed{BatchSize: jsii.Number(3)}
		},
		"Reference": func(f *functions, p *mapjob.Props) {
			p.Worker, p.Mode = f.worker, &mapjob.ByReference{ChunkSize: jsii.Number(3)}
		},
		"Inline": func(f *functions, p *mapjob.Props) {
			p.Worker, p.Mode = f.worker, &mapjob.Inline{MaxConcurrency: jsii.Number(5)}
		},
		"Express": func(f *functions, p *mapjob.Props) {
			p.Worker, p.Mode = f.worker, &mapjob.Distributed{BatchSize: jsii.Number(4), Children: mapjob.ExpressChildren}
		},
		"Callback": func(f *functions, p *mapjob.Props) {
			p.Callback = &mapjob.Callback{Worker: f.worker, Timeout: awscdk.Duration_Minutes(jsii.Number(10))}
		},
		"Processor": func(f *functions, p *mapjob.Props) {
			p.Processor, p.Mode = twoStates(f.worker), &mapjob.Distributed{BatchSize: jsii.Number(2)}
		},
	}
}

// twoStates returns states that handle an item: a function works, and its result is
// the item's.
func twoStates(worker awslambda.IFunction) func(constructs.Construct) awsstepfunctions.IChainable {
	return func(scope constructs.Construct) awsstepfunctions.IChainable {
		work := awsstepfunctions.NewCustomState(scope, jsii.String("Step"), &awsstepfunctions.CustomStateProps{StateJson: &map[string]any{
			"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
			"Arguments": map[string]any{"FunctionName": worker.FunctionArn(), "Payload": "{% $states.input %}"},
			"Output":    "{% $states.result.Payload %}",
			"Retry": []any{map[string]any{"ErrorEquals": []any{"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException",
				"Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"}, "IntervalSeconds": 1, "MaxAttempts": 6, "BackoffRate": 2}},
		}})
		result := awsstepfunctions.Pass_Jsonata(scope, jsii.String("Result"), &awsstepfunctions.PassJsonataProps{Outputs: "{% $states.input %}"})
		return work.Next(result)
	}
}

func policies() map[string]joblock.Overlap {
	return map[string]joblock.Overlap{
		"None": nil, "Skip": &joblock.Skip{}, "Replace": &joblock.Replace{}, "Fail": &joblock.Fail{},
		"Wait": &joblock.Wait{Limit: awscdk.Duration_Hours(jsii.Number(2)), PollEvery: awscdk.Duration_Minutes(jsii.Number(1))},
	}
}

// newForm creates a stack with a job of a form for each policy. Jobs of all forms in
// one stack would need more permissions of their functions than a role may have.
func newForm(t *testing.T, name string, set form) awscdk.Stack {
	t.Helper()
	stack := awscdk.NewStack(synthesis.App(t, nil), &name, nil)
	newFunction := func(id string) awslambda.IFunction {
		return awslambda.NewFunction(stack, jsii.String(id), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_NODEJS_LATEST(), Handler: jsii.String("index.handler"), Timeout: awscdk.Duration_Minutes(jsii.Number(1)),
			Code: awslambda.Code_FromInline(jsii.String("handled by the soak")),
		})
	}
	f := &functions{jobStart: newFunction("JobStart"), worker: newFunction("Worker"), summary: newFunction("Summary")}
	bucket := awss3.NewBucket(stack, jsii.String("Results"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true),
	})
	locks := newTable(stack, "Locks", "lock")
	newTable(stack, "Idempotency", "id")
	policies := policies()
	for _, policy := range slices.Sorted(maps.Keys(policies)) {
		props := &mapjob.Props{JobStart: f.jobStart, Summary: f.summary, ResultsBucket: bucket, ToleratedFailurePercentage: jsii.Number(25)}
		if overlap := policies[policy]; overlap != nil {
			props.Overlap, props.LockTable = overlap, locks
		}
		set(f, props)
		mapjob.New(stack, &policy, props)
	}
	return stack
}

func newTable(stack awscdk.Stack, id, key string) awsdynamodb.ITable {
	return awsdynamodb.NewTable(stack, jsii.String(id), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: &key, Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
}

func TestForms(t *testing.T) {
	forms := forms()
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		t.Run(name, func(t *testing.T) { snapshot(t, strings.ToLower(name), newForm(t, name, forms[name])) })
	}
}

func TestSample(t *testing.T) {
	stack := stacks.NewInvoicing(synthesis.App(t, nil), jsii.String("Invoicing"), nil)
	snapshot(t, "sample", stack)
}

// simulated are the properties of resources that a run in memory looks at.
func simulated() map[string][]string {
	return map[string][]string{
		"AWS::StepFunctions::StateMachine": {"DefinitionString", "StateMachineType"},
		"AWS::Lambda::Function":            {"Timeout", "Environment"},
		"AWS::DynamoDB::Table":             {"KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"},
		"AWS::S3::Bucket":                  {},
	}
}

// snapshot keeps what of a template the soak runs.
func snapshot(t *testing.T, name string, stack awscdk.Stack) {
	t.Helper()
	kept := map[string]any{}
	for id, r := range synthesis.Reviewed(t, name, stack).Resources {
		names, ok := simulated()[r.Type]
		if !ok {
			continue
		}
		properties := map[string]any{}
		for _, property := range names {
			if v, ok := r.Properties[property]; ok {
				properties[property] = v
			}
		}
		kept[id] = map[string]any{"Type": r.Type, "Properties": properties}
	}
	synthesis.Snapshot(t, name, map[string]any{"Resources": kept})
}
