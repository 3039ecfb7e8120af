package gofunction_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
)

func Example() {
	// The context skips the build. Leave it out in your own app.
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Package:     jsii.String("github.com/mapjob/mapjob/lambdas/worker"),
		Environment: &map[string]*string{"INVOICES_BUCKET": jsii.String("invoices")},
	})

	fmt.Println(*worker.Runtime().Name(), *worker.Architecture().Name())
	// Output: provided.al2023 arm64
}

func ExampleSettings() {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	ours := &gofunction.Settings{Network: &gofunction.Network{VPC: awsec2.NewVpc(stack, jsii.String("VPC"), nil)}}
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Package:  jsii.String("github.com/mapjob/mapjob/lambdas/worker"),
		Settings: ours, // and FunctionSettings of mapjob.Props
	})

	fmt.Println(*worker.IsBoundToVpc())
	// Output: true
}
