// Package upgrading synthesizes an app before and after a change, and compares what
// CloudFormation would delete or replace with the table in docs/upgrading.md.
package upgrading

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/queuefanout"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// app is the app that changes: a job with a lock and triggers. The zero value of a
// field is a default of newApp.
type app struct {
	job, worker, schedule, webhook string  // construct IDs
	inside                         string  // ID of a construct around the job; "" for none
	memory                         float64 // of the worker
	expression                     string  // of the schedule
	authorization                  trigger.Authorization
	props                          func(awscdk.Stack, *mapjob.Props)
	created                        func(mapjob.Job)
}

// newApp returns the app before any change.
func newApp() *app {
	return &app{job: "Nightly", worker: "Worker", schedule: "AtTwo", webhook: "Partner", memory: 256,
		expression: "cron(0 2 * * ? *)", authorization: &trigger.HMAC{}, props: func(awscdk.Stack, *mapjob.Props) {}, created: func(mapjob.Job) {}}
}

// synthesize returns the template of the app.
func (a *app) synthesize(t *testing.T) *synthesis.Template {
	t.Helper()
	stack := newStack(t)
	var scope constructs.Construct = stack
	if a.inside != "" {
		scope = constructs.NewConstruct(stack, &a.inside)
	}
	props := &mapjob.Props{Worker: gofunction.New(stack, &a.worker, &gofunction.Props{Entry: jsii.String("lambdas/worker"), MemoryMB: &a.memory}), Overlap: &joblock.Skip{}}
	a.props(stack, props)
	job := mapjob.New(scope, &a.job, props)
	a.created(job)
	trigger.NewSchedule(stack, &a.schedule, &trigger.ScheduleProps{StateMachine: job.StateMachine(), Expression: &a.expression})
	trigger.NewWebhook(stack, &a.webhook, &trigger.WebhookProps{StateMachine: job.StateMachine(), Authorization: a.authorization})
	return synthesis.Synthesize(t, stack)
}

func newStack(t *testing.T) awscdk.Stack {
	return awscdk.NewStack(synthesis.App(t, map[string]any{"aws:cdk:enable-path-metadata": true}), jsii.String("Shop"), nil)
}

func function(stack awscdk.Stack, id, entry string) awslambda.Function {
	return gofunction.New(stack, &id, &gofunction.Props{Entry: &entry})
}

func bucket(stack awscdk.Stack, id string) awss3.IBucket {
	return awss3.Bucket_FromBucketName(stack, &id, jsii.String("bucket-"+strings.ToLower(id)))
}

// everyConstruct returns the template of an app with each construct that has state.
func everyConstruct(t *testing.T) *synthesis.Template {
	t.Helper()
	stack := newStack(t)
	worker := function(stack, "Worker", "lambdas/worker")
	topic := observe.NewTopic(stack, jsii.String("Alerts"), nil)
	job := mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{
		Worker: worker, Mode: &mapjob.ByReference{}, Overlap: &joblock.Wait{}, Notify: topic,
		EncryptionKey: awskms.NewKey(stack, jsii.String("Key"), nil),
	})
	machine := job.StateMachine()
	trigger.NewSchedule(stack, jsii.String("AtTwo"), &trigger.ScheduleProps{StateMachine: machine, Expression: jsii.String("rate(1 day)"), Claim: &trigger.Claim{}})
	trigger.NewEvent(stack, jsii.String("Closed"), &trigger.EventProps{StateMachine: machine, Pattern: &awsevents.EventPattern{Source: jsii.Strings("shop")}})
	trigger.NewWebhook(stack, jsii.String("Partner"), &trigger.WebhookProps{StateMachine: machine, Authorization: &trigger.HMAC{}})
	observe.New(stack, jsii.String("Watch"), &observe.Props{Job: job, Topic: topic})
	queuefanout.New(stack, jsii.String("Orders"), &queuefanout.Props{
		Producer: function(stack, "Producer", "lambdas/queuefanout/producer"), Consumer: function(stack, "Consumer", "lambdas/queuefanout/consumer")})
	eventhandler.New(stack, jsii.String("Hourly"), &eventhandler.Props{
		Function: function(stack, "Handler", "lambdas/eventhandler"), Schedule: &eventhandler.Schedule{Expression: jsii.String("rate(1 hour)")}})
	return synthesis.Synthesize(t, stack)
}
