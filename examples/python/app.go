// This CDK app has a job whose worker is in Python, written by the batch protocol.
// From this folder,
//
//	go tool mapjob run --items ../orders.jsonl
//	npx cdk deploy
//
// run it on this machine, with its python3, and on AWS.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	NewStack(app, "PythonGreetings")
	app.Synth(nil)
}

// NewStack creates a job whose worker greets the customer of each order.
func NewStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	worker := awslambda.NewFunction(stack, jsii.String("Worker"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(),
		Handler: jsii.String("worker.handler"),
		Code:    awslambda.Code_FromAsset(jsii.String("worker"), nil),
		Timeout: awscdk.Duration_Minutes(jsii.Number(1)),
	})
	mapjob.New(stack, jsii.String("Greet"), &mapjob.Props{Worker: worker, ToleratedFailurePercentage: jsii.Number(1)})
	return stack
}
