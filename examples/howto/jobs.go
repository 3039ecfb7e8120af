package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
)

// overlap has a job for each policy.
func overlap(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	list := &mapjob.InputList{}
	// docs: policies
	mapjob.New(stack, jsii.String("Skip"), &mapjob.Props{Worker: worker, Source: list, Overlap: &joblock.Skip{}})
	mapjob.New(stack, jsii.String("Wait"), &mapjob.Props{Worker: worker, Source: list, Overlap: &joblock.Wait{Limit: awscdk.Duration_Minutes(jsii.Number(30))}})
	mapjob.New(stack, jsii.String("Replace"), &mapjob.Props{Worker: worker, Source: list, Overlap: &joblock.Replace{}})
	mapjob.New(stack, jsii.String("Fail"), &mapjob.Props{Worker: worker, Source: list, Overlap: &joblock.Fail{}})
	// docs: end
}

// summary adds the revenue to the report.
func summary(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	revenue := gofunction.New(stack, jsii.String("Summary"), &gofunction.Props{
		Entry: jsii.String("functions/summary"), MemoryMB: jsii.Number(1024), Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	mapjob.New(stack, jsii.String("Charge"), &mapjob.Props{Worker: worker, Summary: revenue, ToleratedFailurePercentage: jsii.Number(50)})
}

// watch tells somebody when a job ends, fails or does not run at all.
func watch(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	// docs: watch
	alerts := observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{Emails: []string{"nights@example.com"}})
	nightly := mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{Worker: worker, Source: &mapjob.InputList{}, Notify: alerts})
	observe.NewEndings(stack, jsii.String("Endings"), &observe.EndingsProps{
		StateMachine: nightly.StateMachine(), Topic: alerts,
		Except: []string{"MapJob.TooManyFailures", "MapJob.LostItems"}, // Notify reports them
	})
	observe.New(stack, jsii.String("Watch"), &observe.Props{
		Job: nightly, Topic: alerts,
		NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)),
		FailureRate:     jsii.Number(1),
	})
	// docs: end
}

// network has all functions in one network with one role, and all data under one key.
func network(stack awscdk.Stack) {
	vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), nil)
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	// docs: settings
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	ours := &gofunction.Settings{Network: &gofunction.Network{VPC: vpc}, Role: role}
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry: jsii.String("functions/worker"), Settings: ours, EncryptionKey: key,
	})
	mapjob.New(stack, jsii.String("Private"), &mapjob.Props{
		Worker: worker, Source: &mapjob.InputList{}, FunctionSettings: ours, EncryptionKey: key,
	})
	// docs: end
}

// keep has a job for trials: its data goes after a week, or with the stack.
func keep(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	// docs: keep
	mapjob.New(stack, jsii.String("Trial"), &mapjob.Props{
		Worker: worker, Source: &mapjob.InputList{},
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		Results:       &mapjob.ResultsProps{Expiry: awscdk.Duration_Days(jsii.Number(7)), AutoDeleteObjects: jsii.Bool(true)},
		LogRetention:  awslogs.RetentionDays_ONE_WEEK,
		LogData:       jsii.Bool(true),
	})
	// docs: end
}

// chain starts one job after another has ended.
func chain(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	first := mapjob.New(stack, jsii.String("First"), &mapjob.Props{Worker: worker, Source: &mapjob.InputList{}, ToleratedFailurePercentage: jsii.Number(50)})
	second := mapjob.New(stack, jsii.String("Second"), &mapjob.Props{Worker: worker, Source: &mapjob.InputList{}})
	// docs: chain
	begin := awsstepfunctionstasks.StepFunctionsStartExecution_Jsonata(stack, jsii.String("StartFirst"), &awsstepfunctionstasks.StepFunctionsStartExecutionJsonataProps{
		StateMachine:       first.StateMachine(),
		IntegrationPattern: awsstepfunctions.IntegrationPattern_RUN_JOB,
		Input:              awsstepfunctions.TaskInput_FromText(jsii.String("{% $states.input %}")),
		Assign:             &map[string]any{"failed": "{% $states.result.Output.failed %}"},
		Outputs:            "{% $states.input %}",
	})
	next := awsstepfunctionstasks.StepFunctionsStartExecution_Jsonata(stack, jsii.String("StartSecond"), &awsstepfunctionstasks.StepFunctionsStartExecutionJsonataProps{
		StateMachine:       second.StateMachine(),
		IntegrationPattern: awsstepfunctions.IntegrationPattern_RUN_JOB,
		Input:              awsstepfunctions.TaskInput_FromText(jsii.String("{% $states.input %}")),
	})
	stop := awsstepfunctions.Fail_Jsonata(stack, jsii.String("FirstHasFailures"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String("FirstHasFailures"), Cause: jsii.String("{% $string($failed) & ' items of the first job failed' %}"),
	})
	awsstepfunctions.NewStateMachine(stack, jsii.String("Both"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(begin.Next(awsstepfunctions.Choice_Jsonata(stack, jsii.String("AllDone"), nil).
			When(awsstepfunctions.Condition_Jsonata(jsii.String("{% $failed = 0 %}")), next, nil).
			Otherwise(stop))),
	})
	// docs: end
}

// stages has the same stack for tests and for production.
func stages(app constructs.Construct) {
	for _, name := range []string{"Test", "Prod"} {
		stage := awscdk.NewStage(app, jsii.String(name), nil)
		stack := awscdk.NewStack(stage, jsii.String("Jobs"), nil)
		worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
		mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{Worker: worker, Source: &mapjob.InputList{}})
	}
}
