package mapjob_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

func Example() {
	stack := newStack()
	jobStart := gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{
		Package: jsii.String("github.com/mapjob/mapjob/lambdas/jobstart"),
	})
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Package: jsii.String("github.com/mapjob/mapjob/lambdas/worker"),
	})

	job := mapjob.New(stack, jsii.String("Invoicing"), &mapjob.Props{
		JobStart:                   jobStart,
		Worker:                     worker,
		Mode:                       &mapjob.Distributed{BatchSize: jsii.Number(500)},
		Overlap:                    &joblock.Skip{},
		ToleratedFailurePercentage: jsii.Number(1),
	})

	fmt.Println(*job.StateMachine().Node().Path())
	fmt.Println(*job.ResultsBucket().Node().Path())
	// Output:
	// Shop/Invoicing/StateMachine
	// Shop/Invoicing/Results
}

// A job whose items are the rows of a CSV file, which the execution's input names
// as {"items": {"key": "orders.csv"}}. The job stores them in chunks of 5,000.
func ExampleByReference() {
	stack := newStack()
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker")})
	orders := awss3.Bucket_FromBucketName(stack, jsii.String("Orders"), jsii.String("our-orders"))

	job := mapjob.New(stack, jsii.String("Invoicing"), &mapjob.Props{
		Worker: worker,
		Source: &mapjob.CSV{Bucket: orders},
		Mode:   &mapjob.ByReference{ChunkSize: jsii.Number(5000)},
	})
	fmt.Println(*job.JobStart().Node().Path())
	// Output: Shop/Invoicing/Chunker/Function
}

// A small job whose items are in the execution's input, {"items": [1, 2, 3]}, and
// go through states in place of a worker.
func ExampleInline() {
	stack := newStack()

	job := mapjob.New(stack, jsii.String("Squares"), &mapjob.Props{
		Mode: &mapjob.Inline{},
		Processor: func(scope constructs.Construct) awsstepfunctions.IChainable {
			return awsstepfunctions.Pass_Jsonata(scope, jsii.String("Square"), &awsstepfunctions.PassJsonataProps{
				Outputs: "{% $states.input.item * $states.input.item %}",
			})
		},
	})
	fmt.Println(*job.MapState().Node().Path(), job.ResultsBucket() == nil)
	// Output: Shop/Squares/Map true
}

// newStack returns a stack of an app. The context skips the build of functions:
// leave it out in your own app.
func newStack() awscdk.Stack {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	return awscdk.NewStack(app, jsii.String("Shop"), nil)
}
