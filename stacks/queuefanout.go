package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/queuefanout"
)

// NewQueueFanout creates a producer that sends the due orders to a queue every
// night, and a consumer that invoices them.
func NewQueueFanout(scope constructs.Construct, id *string, props *awscdk.StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, props)
	shop := newShop(stack)

	producer := gofunction.New(stack, jsii.String("Producer"), &gofunction.Props{
		Entry:       jsii.String("lambdas/queuefanout/producer"),
		Description: jsii.String("Finds the orders to invoice and sends them to a queue"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: shop.ordersEnvironment(),
	})
	consumer := gofunction.New(stack, jsii.String("Consumer"), &gofunction.Props{
		Entry:       jsii.String("lambdas/queuefanout/consumer"),
		Description: jsii.String("Invoices the orders of a queue"),
		Environment: shop.invoicesEnvironment(),
	})
	shop.grantFindDue(producer)
	shop.grantWriteInvoices(consumer)

	alerts := observe.NewTopic(stack, jsii.String("Alerts"), nil)
	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{Function: producer, Schedule: nightly(tonight()), Topic: alerts})
	queuefanout.New(stack, jsii.String("Due"), &queuefanout.Props{Producer: producer, Consumer: consumer, Topic: alerts})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{
		Description: jsii.String("Invoke it with {\"date\": \"2026-11-01\"}, asynchronously"),
		Value:       producer.FunctionName(),
	})
	return stack
}
