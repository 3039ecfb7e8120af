// This CDK app uses the constructs from a module of its own: it has a stack with a
// worker and a job. From this folder,
//
//	go tool mapjob run --items orders.jsonl
//	npx cdk deploy
//
// run it on this machine and on AWS.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	NewStack(app, "Greetings")
	app.Synth(nil)
}

// NewStack creates a job whose worker greets the customer of each order.
func NewStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("worker")})
	mapjob.New(stack, jsii.String("Greet"), &mapjob.Props{Worker: worker, ToleratedFailurePercentage: jsii.Number(1)})
	return stack
}
