package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/trigger"
)

// schedule starts a job each night at two.
func schedule(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	archive := awss3.NewBucket(stack, jsii.String("Archive"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	nightly := mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{
		Worker:  worker,
		Source:  &mapjob.JSONLines{Bucket: archive, Key: jsii.String("today.jsonl")},
		Overlap: &joblock.Skip{},
	})
	trigger.NewSchedule(stack, jsii.String("AtTwo"), &trigger.ScheduleProps{
		StateMachine: nightly.StateMachine(),
		Expression:   jsii.String("cron(0 2 * * ? *)"),
		TimeZone:     jsii.String("Europe/Zurich"),
	})
}

// event starts a job once for each till that is closed, however many events say so.
func event(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	jobStart, _ := dueOrders(stack)
	tills := mapjob.New(stack, jsii.String("Tills"), &mapjob.Props{JobStart: jobStart, Worker: worker, Overlap: &joblock.Wait{}})
	// docs: event
	trigger.NewEvent(stack, jsii.String("DayClosed"), &trigger.EventProps{
		StateMachine: tills.StateMachine(),
		Pattern:      &awsevents.EventPattern{Source: jsii.Strings("shop.tills"), DetailType: jsii.Strings("DayClosed")},
		Input: awsevents.RuleTargetInput_FromObject(map[string]any{
			"day": awsevents.EventField_FromPath(jsii.String("$.detail.day")),
		}),
		Claim: &trigger.Claim{Members: []string{"$.detail.day"}},
	})
	// docs: end
}

// object starts a job for each file that is dropped into a bucket.
func object(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	drop := awss3.NewBucket(stack, jsii.String("Drop"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	imports := mapjob.New(stack, jsii.String("Import"), &mapjob.Props{Worker: worker, Source: &mapjob.JSONLines{Bucket: drop}})
	trigger.NewObjectCreated(stack, jsii.String("Dropped"), &trigger.ObjectCreatedProps{
		StateMachine: imports.StateMachine(),
		Bucket:       drop,
		Suffix:       jsii.String(".jsonl"),
		Claim:        &trigger.Claim{},
	})
}

// webhook starts a job for each delivery of a partner.
func webhook(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	orders := mapjob.New(stack, jsii.String("Orders"), &mapjob.Props{Worker: worker, Source: &mapjob.InputList{}})
	partner := trigger.NewWebhook(stack, jsii.String("Partner"), &trigger.WebhookProps{
		StateMachine:  orders.StateMachine(),
		Authorization: &trigger.StandardWebhooks{},
	})
	awscdk.NewCfnOutput(stack, jsii.String("PartnerURL"), &awscdk.CfnOutputProps{Value: partner.URL()})
	awscdk.NewCfnOutput(stack, jsii.String("PartnerSecret"), &awscdk.CfnOutputProps{Value: partner.Secret().SecretArn()})
}
