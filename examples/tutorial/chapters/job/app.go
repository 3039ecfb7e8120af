// This CDK app has the stack Water.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/trigger"

	"example.com/water/meters"
)

func main() {
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	NewStack(app, "Water")
	app.Synth(nil)
}

// NewStack creates a job that sends the bills every night.
func NewStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	billing := mapjob.New(stack, jsii.String("Billing"), &mapjob.Props{
		JobStart:                   gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{Entry: jsii.String("lambdas/jobstart")}),
		Worker:                     gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker")}),
		Summary:                    gofunction.New(stack, jsii.String("Summary"), &gofunction.Props{Entry: jsii.String("lambdas/summary")}),
		ToleratedFailurePercentage: jsii.Number(5),
	})
	trigger.NewSchedule(stack, jsii.String("Nightly"), &trigger.ScheduleProps{
		StateMachine: billing.StateMachine(),
		Expression:   jsii.String("cron(0 2 * * ? *)"),
		Input:        meters.Night{Meters: 2_000},
	})
	return stack
}
