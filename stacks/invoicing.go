package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/trigger"
)

// NewInvoicing creates the sample: a job that turns every due order into an
// invoice.
func NewInvoicing(scope constructs.Construct, id *string, props *awscdk.StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, props)
	shop := newShop(stack)

	jobStart := gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{
		Entry:       jsii.String("lambdas/jobstart"),
		Description: jsii.String("Finds the orders to invoice"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: shop.ordersEnvironment(),
	})
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry:       jsii.String("lambdas/worker"),
		Description: jsii.String("Invoices one order after the other"),
		Environment: shop.invoicesEnvironment(),
	})
	summary := gofunction.New(stack, jsii.String("Summary"), &gofunction.Props{
		Entry:       jsii.String("lambdas/summary"),
		Description: jsii.String("Reports what was invoiced"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
	})
	shop.grantFindDue(jobStart)
	shop.grantWriteInvoices(worker)

	job := mapjob.New(stack, jsii.String("Invoicing"), &mapjob.Props{
		Description:                jsii.String("Invoices the orders that are due"),
		JobStart:                   jobStart,
		Worker:                     worker,
		Summary:                    summary,
		Overlap:                    &joblock.Skip{}, // a night that takes longer than a day is not invoiced twice at once
		ToleratedFailurePercentage: jsii.Number(10),
		Results:                    &mapjob.ResultsProps{AccessLogs: shop.accessLogs},
	})
	trigger.NewSchedule(stack, jsii.String("Nightly"), &trigger.ScheduleProps{
		StateMachine: job.StateMachine(),
		Expression:   jsii.String("cron(0 2 * * ? *)"),
		Input:        tonight(),
	})
	observe.New(stack, jsii.String("Observe"), &observe.Props{
		Job:         job,
		Topic:       observe.NewTopic(stack, jsii.String("Alerts"), nil),
		FailureRate: jsii.Number(5),
	})
	awscdk.NewCfnOutput(stack, jsii.String("StateMachineArn"), &awscdk.CfnOutputProps{
		Description: jsii.String("Start an execution of it with {\"date\": \"2026-11-01\"}"),
		Value:       job.StateMachine().StateMachineArn(),
	})
	return stack
}
