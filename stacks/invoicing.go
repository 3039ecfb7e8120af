// Package stacks has one file per deployable architecture. A stack wires
// constructs to each other and holds no logic.
package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/accepted"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
)

const dueIndex = "due"

// NewInvoicing is the sample: every order that is due becomes an invoice.
func NewInvoicing(scope constructs.Construct, id *string, props *awscdk.StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, props)

	// Not TableV2: it uses, itself, what this CDK release warns is deprecated.
	orders := awsdynamodb.NewTable(stack, jsii.String("Orders"), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("orderId"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
	orders.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName:    jsii.String(dueIndex),
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("due"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:      &awsdynamodb.Attribute{Name: jsii.String("orderId"), Type: awsdynamodb.AttributeType_STRING},
	})
	accessLogs := awss3.NewBucket(stack, jsii.String("AccessLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		LifecycleRules:    &[]*awss3.LifecycleRule{{Id: jsii.String("Expire"), Expiration: awscdk.Duration_Days(jsii.Number(90))}},
	})
	invoices := awss3.NewBucket(stack, jsii.String("Invoices"), &awss3.BucketProps{
		BlockPublicAccess:      awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:             awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:             jsii.Bool(true),
		ServerAccessLogsBucket: accessLogs,
		ServerAccessLogsPrefix: jsii.String("Invoices/"),
	})

	jobStart := gofunction.New(stack, jsii.String("JobStart"), &gofunction.Props{
		Entry:       jsii.String("lambdas/jobstart"),
		Description: jsii.String("Finds the orders to invoice"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
		Environment: &map[string]*string{"ORDERS_TABLE": orders.TableName(), "ORDERS_DUE_INDEX": jsii.String(dueIndex)},
	})
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
		Entry:       jsii.String("lambdas/worker"),
		Description: jsii.String("Invoices one order after the other"),
		Environment: &map[string]*string{"INVOICES_BUCKET": invoices.BucketName()},
	})
	summary := gofunction.New(stack, jsii.String("Summary"), &gofunction.Props{
		Entry:       jsii.String("lambdas/summary"),
		Description: jsii.String("Reports what was invoiced"),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),
	})
	// The grants of the table and the bucket would give more: every index, and
	// tags, legal holds and retention of objects.
	allow(jobStart, "dynamodb:Query", *orders.TableArn()+"/index/"+dueIndex)
	allow(worker, "s3:PutObject", *invoices.BucketArn()+"/invoices/*")
	accepted.Wildcards(worker.Role().Node().FindChild(jsii.String("DefaultPolicy")), "the key of an invoice comes from its order", "/invoices/*")

	job := mapjob.New(stack, jsii.String("Invoicing"), &mapjob.Props{
		Description:                jsii.String("Invoices the orders that are due"),
		JobStart:                   jobStart,
		Worker:                     worker,
		Summary:                    summary,
		ToleratedFailurePercentage: jsii.Number(10),
		AccessLogs:                 accessLogs,
	})
	observe.New(stack, jsii.String("Observe"), &observe.Props{
		StateMachine: job.StateMachine(),
		Job:          jsii.String("Invoicing"),
		Topic:        observe.NewTopic(stack, jsii.String("Alerts"), nil),
		FailureRate:  jsii.Number(5),
	})
	awscdk.NewCfnOutput(stack, jsii.String("StateMachineArn"), &awscdk.CfnOutputProps{
		Description: jsii.String("Start an execution of it with {\"date\": \"2026-11-01\"}"),
		Value:       job.StateMachine().StateMachineArn(),
	})
	return stack
}

func allow(function awslambda.Function, action, resource string) {
	function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(action), Resources: jsii.Strings(resource),
	}))
}
