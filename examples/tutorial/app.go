// This CDK app has the stack Water.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
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
	// docs: billing
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry:   jsii.String("lambdas/worker"),
		Timeout: awscdk.Duration_Minutes(jsii.Number(5)),
	})
	billing := mapjob.New(stack, jsii.String("Billing"), &mapjob.Props{
		JobStart:                   gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{Entry: jsii.String("lambdas/jobstart")}),
		Worker:                     worker,
		Summary:                    gofunction.New(stack, jsii.String("Summary"), &gofunction.Props{Entry: jsii.String("lambdas/summary")}),
		ToleratedFailurePercentage: jsii.Number(5),
		Mode:                       &mapjob.Distributed{BatchSize: jsii.Number(500), MaxConcurrency: jsii.Number(300)},
		ExpectedItems:              jsii.Number(1_000_000),
		ExpectedItemTime:           awscdk.Duration_Millis(jsii.Number(300)),
	})
	// docs: end
	trigger.NewSchedule(stack, jsii.String("Nightly"), &trigger.ScheduleProps{
		StateMachine: billing.StateMachine(),
		Expression:   jsii.String("cron(0 2 * * ? *)"),
		Input:        meters.Night{Meters: 2_000},
	})
	// docs: observe
	alerts := observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{Emails: []string{"you@example.com"}})
	observe.New(stack, jsii.String("Observe"), &observe.Props{Job: billing, Topic: alerts, FailureRate: jsii.Number(5)})
	awscdk.NewCfnOutput(stack, jsii.String("StateMachineArn"), &awscdk.CfnOutputProps{Value: billing.StateMachine().StateMachineArn()})
	// docs: end
	return stack
}
