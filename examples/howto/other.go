package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/queuefanout"
)

// queue sends the orders of a day to a queue, whose consumer charges them.
func queue(stack awscdk.Stack) {
	orders := ordersTable(stack)
	producer := gofunction.New(stack, jsii.String("Producer"), &gofunction.Props{
		Entry: jsii.String("functions/producer"), Environment: &map[string]*string{"ORDERS_TABLE": orders.TableName()},
	})
	orders.GrantReadData(producer)
	consumer := gofunction.New(stack, jsii.String("Consumer"), &gofunction.Props{Entry: jsii.String("functions/consumer")})
	queuefanout.New(stack, jsii.String("Due"), &queuefanout.Props{Producer: producer, Consumer: consumer, MaxConcurrency: jsii.Number(20)})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{Value: producer.FunctionName()}) // for mapjob run
}

// handler charges all orders of a day in one invocation, each night.
func handler(stack awscdk.Stack) {
	orders := ordersTable(stack)
	all := gofunction.New(stack, jsii.String("ChargeAll"), &gofunction.Props{
		Entry: jsii.String("functions/handler"), Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: &map[string]*string{"ORDERS_TABLE": orders.TableName()},
	})
	orders.GrantReadData(all)
	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
		Function: all,
		Schedule: &eventhandler.Schedule{Expression: jsii.String("cron(0 2 * * ? *)"), TimeZone: jsii.String("Europe/Zurich")},
	})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{Value: all.FunctionName()}) // for mapjob run
}

// debug invokes one worker at a time and gives it time, for a debugger.
func debug(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry: jsii.String("functions/worker"), Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	mapjob.New(stack, jsii.String("Slow"), &mapjob.Props{Worker: worker, Mode: &mapjob.Inline{MaxConcurrency: jsii.Number(1)}, WorkerRetries: jsii.Number(0)})
}
