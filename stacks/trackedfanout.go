package stacks

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/queuefanout"
)

// NewTrackedFanout creates the fan-out over a queue, with a table that counts the
// work and a summary when all of it is done. Do not copy this architecture: it is
// here for comparison, as package tracking in lambdas says.
func NewTrackedFanout(scope constructs.Construct, id *string, props *awscdk.StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, props)
	shop := newShop(stack)
	jobs := awsdynamodb.NewTable(stack, jsii.String("Jobs"), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("jobId"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
	withJobs := func(environment *map[string]*string) *map[string]*string {
		all := map[string]*string{"JOBS_TABLE": jobs.TableName()}
		maps.Copy(all, *environment)
		return &all
	}

	producer := gofunction.New(stack, jsii.String("Producer"), &gofunction.Props{
		Entry:       jsii.String("lambdas/trackedfanout/producer"),
		Description: jsii.String("Finds the orders to invoice, sends them to a queue, and notes how many there are"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: withJobs(shop.ordersEnvironment()),
	})
	consumer := gofunction.New(stack, jsii.String("Consumer"), &gofunction.Props{
		Entry:       jsii.String("lambdas/trackedfanout/consumer"),
		Description: jsii.String("Invoices the orders of a queue and counts them"),
		Environment: withJobs(shop.invoicesEnvironment()),
	})
	summary := gofunction.New(stack, jsii.String("Summary"), &gofunction.Props{
		Entry:       jsii.String("lambdas/trackedfanout/summary"),
		Description: jsii.String("Says what became of the orders when all were counted"),
		Environment: withJobs(&map[string]*string{}),
	})
	shop.grantFindDue(producer)
	shop.grantWriteInvoices(consumer)
	allow(producer, *jobs.TableArn(), "dynamodb:UpdateItem")
	allow(consumer, *jobs.TableArn(), "dynamodb:UpdateItem")
	allow(summary, *jobs.TableArn(), "dynamodb:GetItem", "dynamodb:UpdateItem")

	alerts := observe.NewTopic(stack, jsii.String("Alerts"), nil)
	event := tonight()
	event["jobId"] = "<aws.scheduler.execution-id>"
	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
		Function: producer,
		Schedule: nightly(event),
		Topic:    alerts,
	})
	queuefanout.New(stack, jsii.String("Due"), &queuefanout.Props{Producer: producer, Consumer: consumer, Topic: alerts})

	// The function that completes the count requests the summary: a consumer, or
	// the producer if all was done before it knew the number of orders.
	const summaryQueueURL = "SUMMARY_QUEUE_URL"
	summaries := queuefanout.New(stack, jsii.String("Completed"), &queuefanout.Props{
		Producer:         consumer,
		Consumer:         summary,
		QueueURLVariable: jsii.String(summaryQueueURL),
		BatchSize:        jsii.Number(1),
		MaxConcurrency:   jsii.Number(2),
		Topic:            alerts,
	})
	summaries.GrantSend(producer)
	producer.AddEnvironment(jsii.String(summaryQueueURL), summaries.Queue().QueueUrl(), nil)
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{
		Description: jsii.String("Invoke it with {\"date\": \"2026-11-01\"}, asynchronously"),
		Value:       producer.FunctionName(),
	})
	return stack
}
