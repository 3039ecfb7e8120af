package stacks

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/observe"
)

// NewEventHandler creates a function that invoices all due orders in one
// invocation, every night.
func NewEventHandler(scope constructs.Construct, id *string, props *awscdk.StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, props)
	shop := newShop(stack)

	environment := shop.ordersEnvironment()
	maps.Copy(*environment, *shop.invoicesEnvironment())
	handler := gofunction.New(stack, jsii.String("Handler"), &gofunction.Props{
		Entry:       jsii.String("lambdas/eventhandler"),
		Description: jsii.String("Finds the orders to invoice and invoices them"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: environment,
	})
	shop.grantFindDue(handler)
	shop.grantWriteInvoices(handler)

	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
		Function: handler,
		Schedule: nightly(tonight()),
		Topic:    observe.NewTopic(stack, jsii.String("Alerts"), nil),
	})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{
		Description: jsii.String("Invoke it with {\"date\": \"2026-11-01\"}, asynchronously"),
		Value:       handler.FunctionName(),
	})
	return stack
}

// nightly is the schedule of the architectures without a job.
func nightly(event map[string]string) *eventhandler.Schedule {
	return &eventhandler.Schedule{
		Expression: jsii.String("cron(0 2 * * ? *)"),
		Input:      event,
	}
}

// tonight is the event of a schedule: the night that it was for, even if it
// comes late.
func tonight() map[string]string {
	return map[string]string{"date": "<aws.scheduler.scheduled-time>"}
}
