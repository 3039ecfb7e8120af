package main

import (
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// The app has no context, and still gets the whole job.
func TestConstructsWorkInAnotherModule(t *testing.T) {
	defer func() {
		if p := recover(); p != nil { // what a failed assertion does
			t.Fatal(p)
		}
	}()
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}, Outdir: jsii.String(t.TempDir())})
	template := assertions.Template_FromStack(NewStack(app, "Greetings"), nil)
	template.ResourceCountIs(jsii.String("AWS::StepFunctions::StateMachine"), jsii.Number(1))
	template.ResourceCountIs(jsii.String("AWS::Lambda::Function"), jsii.Number(2)) // the worker and the job's accountant
	template.HasResourceProperties(jsii.String("AWS::StepFunctions::StateMachine"), &map[string]any{
		"DefinitionString": assertions.Match_ObjectLike(&map[string]any{
			"Fn::Join": []any{"", assertions.Match_ArrayWith(&[]any{assertions.Match_StringLikeRegexp(jsii.String(`"Transformation":"FLATTEN"`))})},
		}),
	})
}
