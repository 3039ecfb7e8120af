// This CDK app has a state machine that was written without mapjob: a customer's
// refund is checked, waits a day, is approved by a person, and is paid. Its tests run
// the state machine with the functions' Go code, without AWS and without waiting:
//
//	go test ./...
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	sfn "github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	tasks "github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/aws-cdk-go/awscdklambdagoalpha/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	NewStack(app, "Shop")
	app.Synth(nil)
}

// NewStack creates the state machine Refund with its functions, its table of accounts,
// the queue of those who approve, and the topic of their managers.
func NewStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	accounts := awsdynamodb.NewTable(stack, jsii.String("Accounts"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("customer"), Type: awsdynamodb.AttributeType_STRING},
	})
	approvals := awssqs.NewQueue(stack, jsii.String("Approvals"), nil)
	managers := awssns.NewTopic(stack, jsii.String("Managers"), nil)
	checker := function(stack, "Checker", nil)
	payer := function(stack, "Payer", &map[string]*string{"ACCOUNTS": accounts.TableName()})
	accounts.GrantWriteData(payer)

	check := tasks.NewLambdaInvoke(stack, jsii.String("Check"), &tasks.LambdaInvokeProps{LambdaFunction: checker, OutputPath: jsii.String("$.Payload")})
	cool := sfn.NewWait(stack, jsii.String("Cool"), &sfn.WaitProps{Time: sfn.WaitTime_Duration(awscdk.Duration_Days(jsii.Number(1)))})
	approve := tasks.NewSqsSendMessage(stack, jsii.String("Approve"), &tasks.SqsSendMessageProps{
		Queue:              approvals,
		IntegrationPattern: sfn.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
		MessageBody: sfn.TaskInput_FromObject(&map[string]any{
			"token": sfn.JsonPath_TaskToken(), "order": sfn.JsonPath_StringAt(jsii.String("$.order")),
		}),
		ResultPath:  jsii.String("$.approval"),
		TaskTimeout: sfn.Timeout_Duration(awscdk.Duration_Days(jsii.Number(7))),
	})
	pay := tasks.NewLambdaInvoke(stack, jsii.String("Pay"), &tasks.LambdaInvokeProps{LambdaFunction: payer, OutputPath: jsii.String("$.Payload")})
	pay.AddRetry(&sfn.RetryProps{Errors: jsii.Strings("States.TaskFailed"), MaxAttempts: jsii.Number(3)})
	escalate := tasks.NewSnsPublish(stack, jsii.String("Escalate"), &tasks.SnsPublishProps{
		Topic: managers, Message: sfn.TaskInput_FromJsonPathAt(jsii.String("$.order")), ResultPath: sfn.JsonPath_DISCARD(),
	})
	late := sfn.NewFail(stack, jsii.String("Late"), &sfn.FailProps{Error: jsii.String("NotApproved"), Cause: jsii.String("nobody approved the refund for a week")})
	refused := sfn.NewFail(stack, jsii.String("Refused"), &sfn.FailProps{Error: jsii.String("Refused")})

	approve.AddCatch(escalate.Next(late), &sfn.CatchProps{Errors: jsii.Strings("States.Timeout"), ResultPath: sfn.JsonPath_DISCARD()})
	decide := sfn.NewChoice(stack, jsii.String("IsApproved"), nil).
		When(sfn.Condition_BooleanEquals(jsii.String("$.approval.approved"), jsii.Bool(true)), pay, nil).
		Otherwise(refused)
	sfn.NewStateMachine(stack, jsii.String("Refund"), &sfn.StateMachineProps{
		DefinitionBody: sfn.DefinitionBody_FromChainable(check.Next(cool).Next(approve).Next(decide)),
	})
	return stack
}

func function(stack awscdk.Stack, id string, environment *map[string]*string) awslambda.Function {
	entries := map[string]string{"Checker": "functions/check", "Payer": "functions/pay"}
	return awscdklambdagoalpha.NewGoFunction(stack, &id, &awscdklambdagoalpha.GoFunctionProps{
		Entry: jsii.String(entries[id]), Runtime: awslambda.Runtime_PROVIDED_AL2023(), Environment: environment,
		Timeout: awscdk.Duration_Seconds(jsii.Number(30)),
	})
}
