package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/queuefanout"
)

// callback lets a bank end each item, through a queue.
func callback(stack awscdk.Stack) {
	asker := gofunction.New(stack, jsii.String("Asker"), &gofunction.Props{Entry: jsii.String("functions/asker")})
	bank := gofunction.New(stack, jsii.String("Bank"), &gofunction.Props{Entry: jsii.String("functions/bank")})
	queuefanout.New(stack, jsii.String("Payments"), &queuefanout.Props{Producer: asker, Consumer: bank})
	pay := mapjob.New(stack, jsii.String("Pay"), &mapjob.Props{
		Callback: &mapjob.Callback{Worker: asker, Timeout: awscdk.Duration_Hours(jsii.Number(6))},
		Source:   &mapjob.InputList{}, ToleratedFailurePercentage: jsii.Number(50),
	})
	pay.GrantTaskResponse(bank)
}

// processor makes each item a workflow: an amount of nothing is refused, and others
// are charged by a function, which gets the order alone.
func processor(stack awscdk.Stack) {
	charge := gofunction.New(stack, jsii.String("Charge"), &gofunction.Props{Entry: jsii.String("functions/charge")})
	mapjob.New(stack, jsii.String("Orders"), &mapjob.Props{
		Source: &mapjob.InputList{}, ToleratedFailurePercentage: jsii.Number(50),
		Processor: func(scope constructs.Construct) awsstepfunctions.IChainable {
			free := awsstepfunctions.Fail_Jsonata(scope, jsii.String("Free"), &awsstepfunctions.FailJsonataProps{
				Error: jsii.String("NothingToCharge"), Cause: jsii.String("{% 'order ' & $states.input.item.id & ' costs nothing' %}"),
			})
			paid := awsstepfunctionstasks.LambdaInvoke_Jsonata(scope, jsii.String("Charge"), &awsstepfunctionstasks.LambdaInvokeJsonataProps{
				LambdaFunction: charge,
				Payload:        awsstepfunctions.TaskInput_FromText(jsii.String("{% $states.input.item %}")),
				Outputs:        "{% $states.result.Payload %}",
			})
			return awsstepfunctions.Choice_Jsonata(scope, jsii.String("Costs"), nil).
				When(awsstepfunctions.Condition_Jsonata(jsii.String("{% $states.input.item.cents = 0 %}")), free, nil).
				Otherwise(paid)
		},
	})
}

// once charges each order once a month.
func once(stack awscdk.Stack) {
	charged := chargedTable(stack)
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry: jsii.String("functions/once"), Environment: &map[string]*string{"CHARGED_TABLE": charged.TableName()},
	})
	charged.GrantReadWriteData(worker)
	mapjob.New(stack, jsii.String("Charge"), &mapjob.Props{Worker: worker, Source: &mapjob.InputList{}})
}

// failures lets a fifth of the items fail, a thousand at most, and does a batch whose
// worker crashed a second time.
func failures(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/worker")})
	mapjob.New(stack, jsii.String("Charge"), &mapjob.Props{
		Worker: worker, Source: &mapjob.InputList{},
		Mode:                       &mapjob.Distributed{BatchSize: jsii.Number(2), MaxConcurrency: jsii.Number(10)},
		WorkerRetries:              jsii.Number(1),
		ToleratedFailurePercentage: jsii.Number(20),
		ToleratedFailureCount:      jsii.Number(1000),
	})
}

// fragile has a worker that some item kills, with all items of its batch.
func fragile(stack awscdk.Stack) {
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("functions/fragile")})
	mapjob.New(stack, jsii.String("Charge"), &mapjob.Props{
		Worker: worker, WorkerRetries: jsii.Number(0), ToleratedFailurePercentage: jsii.Number(50),
	})
}
