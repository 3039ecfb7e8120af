package queuefanout_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/queuefanout"
)

func Example() {
	// The context skips the build of functions. Leave it out in your own app.
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	producer := gofunction.New(stack, jsii.String("Producer"), &gofunction.Props{
		Package: jsii.String("github.com/mapjob/mapjob/lambdas/queuefanout/producer"),
	})
	consumer := gofunction.New(stack, jsii.String("Consumer"), &gofunction.Props{
		Package: jsii.String("github.com/mapjob/mapjob/lambdas/queuefanout/consumer"),
	})

	orders := queuefanout.New(stack, jsii.String("Orders"), &queuefanout.Props{
		Producer:       producer,
		Consumer:       consumer,
		MaxConcurrency: jsii.Number(20),
	})

	fmt.Println(*orders.Queue().Node().Path())
	fmt.Println(*orders.DeadLetterQueue().Node().Path())
	// Output:
	// Shop/Orders/Queue
	// Shop/Orders/DeadLetterQueue
}
