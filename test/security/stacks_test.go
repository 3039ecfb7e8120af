package security

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/queuefanout"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/stacks"
)

// all has the stacks to check: the sample, and one for each construct with all props
// set.
var all = map[string]func(app awscdk.App, id string) awscdk.Stack{
	"Invoicing": func(app awscdk.App, id string) awscdk.Stack { return stacks.NewInvoicing(app, &id, nil) },
	"ByValue":   func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, byValue) },
	"Reference": func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, byReference) },
	"Inline":    func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, inline) },
	"Default":   func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, byDefault) },
	"Sources":   sources,
	"Observe":   observed,
	"Lock":      locked,
	"Triggers":  triggered,

	"EventHandler":  func(app awscdk.App, id string) awscdk.Stack { return stacks.NewEventHandler(app, &id, nil) },
	"QueueFanout":   func(app awscdk.App, id string) awscdk.Stack { return stacks.NewQueueFanout(app, &id, nil) },
	"TrackedFanout": func(app awscdk.App, id string) awscdk.Stack { return stacks.NewTrackedFanout(app, &id, nil) },
	"ByAKey":        byAKey,
	"Shared":        shared,
}

// jobStack creates a stack with a job that gets a key and a bucket for access logs.
func jobStack(app awscdk.App, id string, props func(awscdk.Stack, *mapjob.Props)) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	job := &mapjob.Props{EncryptionKey: key}
	for id, function := range map[string]*awslambda.IFunction{"JobStart": &job.JobStart, "Worker": &job.Worker, "Summary": &job.Summary} {
		*function = gofunction.New(stack, jsii.String(id), &gofunction.Props{Entry: jsii.String("lambdas/worker"), EncryptionKey: key})
	}
	props(stack, job)
	mapjob.New(stack, jsii.String("Job"), job)
	return stack
}

// child returns a construct by the IDs of its path.
func child(of constructs.IConstruct, ids ...string) constructs.IConstruct {
	for _, id := range ids {
		of = of.Node().FindChild(&id)
	}
	return of
}

func accessLogs(stack awscdk.Stack) awss3.Bucket {
	return awss3.NewBucket(stack, jsii.String("AccessLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), Encryption: awss3.BucketEncryption_S3_MANAGED, EnforceSSL: jsii.Bool(true),
	})
}

func byValue(stack awscdk.Stack, p *mapjob.Props) {
	p.JobStart, p.Mode = nil, &mapjob.Distributed{Children: mapjob.ExpressChildren}
	p.Results = &mapjob.ResultsProps{AccessLogs: accessLogs(stack)}
	p.Source = &mapjob.JSONLines{Bucket: awss3.Bucket_FromBucketName(stack, jsii.String("Items"), jsii.String("our-items"))}
}

func byReference(stack awscdk.Stack, p *mapjob.Props) {
	p.Mode, p.Overlap = &mapjob.ByReference{}, &joblock.Replace{}
	p.Results = &mapjob.ResultsProps{AccessLogs: accessLogs(stack)}
	p.LockTable = awsdynamodb.NewTable(stack, jsii.String("Locks"), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("lock"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
	p.Notify = observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{EncryptionKey: p.EncryptionKey})
}

// byDefault is a job with a worker and a lock only.
func byDefault(stack awscdk.Stack, p *mapjob.Props) {
	*p = mapjob.Props{Worker: p.Worker, Overlap: &joblock.Wait{}, Results: &mapjob.ResultsProps{AccessLogs: accessLogs(stack)}}
}

func inline(stack awscdk.Stack, p *mapjob.Props) {
	p.Mode = &mapjob.Inline{}
	p.ResultsBucket = awss3.Bucket_FromBucketName(stack, jsii.String("Results"), jsii.String("our-results"))
}

// sources creates a stack with jobs of every source, and a Callback and a Processor.
func sources(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker")})
	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Items"), jsii.String("our-items"))
	results := awss3.Bucket_FromBucketName(stack, jsii.String("Results"), jsii.String("our-results"))
	for _, format := range []struct {
		name   string
		source mapjob.Source
	}{
		{"JSONL", &mapjob.JSONLines{Bucket: bucket}}, {"JSON", &mapjob.JSON{Bucket: bucket}}, {"CSV", &mapjob.CSV{Bucket: bucket}},
		{"OBJECTS", &mapjob.ObjectList{Bucket: bucket}}, {"INVENTORY", &mapjob.Inventory{Bucket: bucket}},
	} {
		mapjob.New(stack, jsii.String(format.name+"ByValue"), &mapjob.Props{
			Worker: worker, ResultsBucket: results, Source: format.source})
		mapjob.New(stack, jsii.String(format.name+"ByReference"), &mapjob.Props{
			Worker: worker, ResultsBucket: results, Mode: &mapjob.ByReference{}, Source: format.source})
	}
	mapjob.New(stack, jsii.String("Named"), &mapjob.Props{Worker: worker, ResultsBucket: results, Source: &mapjob.CSV{}})
	mapjob.New(stack, jsii.String("Callback"), &mapjob.Props{Callback: &mapjob.Callback{Worker: worker}, ResultsBucket: results})
	mapjob.New(stack, jsii.String("Processor"), &mapjob.Props{ResultsBucket: results,
		Processor: func(scope constructs.Construct) awsstepfunctions.IChainable {
			return awsstepfunctions.Pass_Jsonata(scope, jsii.String("Pass"), nil)
		}})
	return stack
}

// observed creates a stack that watches a job, and a state machine of another stack.
func observed(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	machine := awsstepfunctions.StateMachine_FromStateMachineName(stack, jsii.String("Machine"), jsii.String("nightly"))
	topic := observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{Emails: []string{"night@example.com"}})
	worker := awslambda.Function_FromFunctionName(stack, jsii.String("Worker"), jsii.String("worker"))
	results := awss3.Bucket_FromBucketName(stack, jsii.String("Results"), jsii.String("our-results"))
	observe.New(stack, jsii.String("Observe"), &observe.Props{
		Job:   mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{Worker: worker, ResultsBucket: results}),
		Topic: topic, NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)), FailureRate: jsii.Number(1), MapRunBacklog: jsii.Bool(true),
	})
	observe.New(stack, jsii.String("ObserveMachine"), &observe.Props{StateMachine: machine, Topic: topic})
	observe.NewEndings(stack, jsii.String("Endings"), &observe.EndingsProps{StateMachine: machine, Topic: topic})
	return stack
}

// locked creates a stack whose executions replace each other.
func locked(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	lock := joblock.New(stack, jsii.String("Lock"), &joblock.Props{Overlap: &joblock.Replace{}})
	body := awsstepfunctions.Pass_Jsonata(stack, jsii.String("Body"), nil)
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body)),
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		TracingEnabled: jsii.Bool(true),
		Logs: &awsstepfunctions.LogOptions{Level: awsstepfunctions.LogLevel_ALL,
			Destination: awslogs.NewLogGroup(stack, jsii.String("Logs"), nil)},
	})
	cdknag.NagSuppressions_AddResourceSuppressions(child(machine.Role(), "DefaultPolicy"), &[]*cdknag.NagPackSuppression{{
		Id: jsii.String("AwsSolutions-IAM5"), AppliesTo: &[]any{"Resource::*"},
		Reason: jsii.String("logging and tracing of the state machine around the lock, which is not part of this test"),
	}}, nil)
	lock.Grant(machine)
	return stack
}

// triggered creates a stack with each trigger of a state machine of another stack.
func triggered(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	machine := awsstepfunctions.StateMachine_FromStateMachineName(stack, jsii.String("Machine"), jsii.String("nightly"))
	bucket := awss3.NewBucket(stack, jsii.String("Drop"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), ServerAccessLogsBucket: accessLogs(stack),
	})
	trigger.NewSchedule(stack, jsii.String("Schedule"), &trigger.ScheduleProps{StateMachine: machine, Expression: jsii.String("rate(1 day)"),
		EncryptionKey: awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})})
	trigger.NewEvent(stack, jsii.String("Event"), &trigger.EventProps{StateMachine: machine,
		Pattern: &awsevents.EventPattern{Source: jsii.Strings("shop.orders")}})
	trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{StateMachine: machine, Bucket: bucket})
	trigger.NewEvent(stack, jsii.String("Claimed"), &trigger.EventProps{StateMachine: machine, Claim: &trigger.Claim{},
		Pattern: &awsevents.EventPattern{Source: jsii.Strings("shop.orders")}})
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine, Authorization: &trigger.HMAC{}})
	trigger.NewWebhook(stack, jsii.String("Standard"), &trigger.WebhookProps{StateMachine: machine, Authorization: &trigger.StandardWebhooks{}})
	trigger.NewWebhook(stack, jsii.String("Internal"), &trigger.WebhookProps{StateMachine: machine})
	return stack
}

// byAKey creates a stack with an event handler and a queue, with all props set, that
// a key encrypts.
func byAKey(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	function := func(id string) awslambda.Function {
		return gofunction.New(stack, &id, &gofunction.Props{Entry: jsii.String("lambdas/worker"), EncryptionKey: key})
	}
	producer := function("Producer")
	eventhandler.New(stack, jsii.String("Handler"), &eventhandler.Props{
		Function: producer, EncryptionKey: key, FunctionURL: jsii.Bool(true),
		Schedule: &eventhandler.Schedule{Expression: jsii.String("rate(1 day)")},
		Events:   &eventhandler.Events{Pattern: &awsevents.EventPattern{Source: jsii.Strings("shop.orders")}},
	})
	queuefanout.New(stack, jsii.String("Fanout"), &queuefanout.Props{Producer: producer, Consumer: function("Consumer"), EncryptionKey: key})
	return stack
}

// shared creates a stack whose functions, those of a job and of its webhook too, have
// one network and one role.
func shared(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	ours := &gofunction.Settings{
		Network: &gofunction.Network{VPC: awsec2.Vpc_FromVpcAttributes(stack, jsii.String("VPC"), &awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-00000001"), AvailabilityZones: jsii.Strings("us-east-1a"), PrivateSubnetIds: jsii.Strings("subnet-00000001"),
		})},
		Role: awsiam.NewRole(stack, jsii.String("Ours"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}),
		Layers: []awslambda.ILayerVersion{awslambda.LayerVersion_FromLayerVersionArn(stack, jsii.String("Layer"),
			jsii.String("arn:aws:lambda:us-east-1:123456789012:layer:tools:1"))},
		DeadLetterQueue: awssqs.Queue_FromQueueArn(stack, jsii.String("Failures"), jsii.String("arn:aws:sqs:us-east-1:123456789012:failures")),
	}
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), Settings: ours})
	job := mapjob.New(stack, jsii.String("Job"), &mapjob.Props{
		Worker: worker, Mode: &mapjob.ByReference{}, FunctionSettings: ours, Results: &mapjob.ResultsProps{AccessLogs: accessLogs(stack)},
	})
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{
		StateMachine: job.StateMachine(), Authorization: &trigger.HMAC{}, FunctionSettings: ours,
	})
	return stack
}
