package mapjob_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

func Example() {
	// The context skips the build of functions. Leave it out in your own app.
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
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
