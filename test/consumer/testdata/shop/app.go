// This CDK app has functions of its own, and functions that constructs bring along.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/trigger"
)

func main() {
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Package: jsii.String("example.com/shop/worker")})
	orders := awss3.NewBucket(stack, jsii.String("Orders"), nil)
	job := mapjob.New(stack, jsii.String("Greet"), &mapjob.Props{
		Worker: worker,
		Source: &mapjob.CSV{Bucket: orders}, // its items are stored by the chunker
		Mode:   &mapjob.ByReference{},       // and counted by the accountant
	})
	trigger.NewWebhook(stack, jsii.String("Partner"), &trigger.WebhookProps{StateMachine: job.StateMachine()})
	app.Synth(nil)
}
