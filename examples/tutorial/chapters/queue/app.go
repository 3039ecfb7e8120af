// This CDK app has the stack Water.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/queuefanout"

	"example.com/water/meters"
)

func main() {
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	NewStack(app, "Water")
	app.Synth(nil)
}

// NewStack creates a producer that sends the readings to a queue every night, and a
// consumer that sends the bills.
func NewStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	producer := gofunction.New(stack, jsii.String("Producer"), &gofunction.Props{Entry: jsii.String("lambdas/producer")})
	consumer := gofunction.New(stack, jsii.String("Consumer"), &gofunction.Props{Entry: jsii.String("lambdas/consumer")})
	queuefanout.New(stack, jsii.String("Readings"), &queuefanout.Props{Producer: producer, Consumer: consumer})
	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
		Function: producer,
		Schedule: &eventhandler.Schedule{
			Expression: jsii.String("cron(0 2 * * ? *)"),
			Input:      meters.Night{Meters: 2_000},
		},
	})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{Value: producer.FunctionName()})
	return stack
}
