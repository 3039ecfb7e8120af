// This CDK app has the stack Water.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"

	"example.com/water/meters"
)

func main() {
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	NewStack(app, "Water")
	app.Synth(nil)
}

// NewStack creates a function that sends the bills every night.
func NewStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	handler := gofunction.New(stack, jsii.String("Handler"), &gofunction.Props{
		Entry:   jsii.String("lambdas/handler"),
		Timeout: awscdk.Duration_Seconds(jsii.Number(2)),
	})
	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
		Function: handler,
		Schedule: &eventhandler.Schedule{
			Expression: jsii.String("cron(0 2 * * ? *)"),
			Input:      meters.Night{Meters: 200},
		},
	})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{Value: handler.FunctionName()})
	return stack
}
