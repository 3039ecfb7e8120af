package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/accepted"
)

const dueIndex = "due"

// shop is what every architecture has around it: the orders, and where their
// invoices go.
type shop struct {
	orders               awsdynamodb.Table
	invoices, accessLogs awss3.Bucket
}

func newShop(stack awscdk.Stack) *shop {
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
	return &shop{orders, invoices, accessLogs}
}

// ordersEnvironment is where a function finds the orders.
func (s *shop) ordersEnvironment() *map[string]*string {
	return &map[string]*string{"ORDERS_TABLE": s.orders.TableName(), "ORDERS_DUE_INDEX": jsii.String(dueIndex)}
}

// invoicesEnvironment is where a function finds the place of the invoices.
func (s *shop) invoicesEnvironment() *map[string]*string {
	return &map[string]*string{"INVOICES_BUCKET": s.invoices.BucketName()}
}

// The grants of the table and the bucket would give more: every index, and
// tags, legal holds and retention of objects.

func (s *shop) grantFindDue(function awslambda.Function) {
	allow(function, *s.orders.TableArn()+"/index/"+dueIndex, "dynamodb:Query")
}

func (s *shop) grantWriteInvoices(function awslambda.Function) {
	allow(function, *s.invoices.BucketArn()+"/invoices/*", "s3:PutObject")
	accepted.Wildcards(function.Role().Node().FindChild(jsii.String("DefaultPolicy")), "the key of an invoice comes from its order", "/invoices/*")
}

func allow(function awslambda.Function, resource string, actions ...string) {
	function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(actions...), Resources: jsii.Strings(resource),
	}))
}
