package stacks

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

const dueIndex = "due"

// shop has what every architecture works with: the orders and their invoices.
type shop struct {
	orders               awsdynamodb.Table
	invoices, accessLogs awss3.Bucket
}

func newShop(stack awscdk.Stack) *shop {
	// Not TableV2, which causes a deprecation warning of this CDK release.
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

// ordersEnvironment says where the orders are.
func (s *shop) ordersEnvironment() *map[string]*string {
	return &map[string]*string{"ORDERS_TABLE": s.orders.TableName(), "ORDERS_DUE_INDEX": jsii.String(dueIndex)}
}

// invoicesEnvironment says where the invoices go.
func (s *shop) invoicesEnvironment() *map[string]*string {
	return &map[string]*string{"INVOICES_BUCKET": s.invoices.BucketName()}
}

// The grants of the table and the bucket would allow more: every index, and tags,
// legal holds and retention of objects.

func (s *shop) grantFindDue(function awslambda.Function) {
	allow(function, *s.orders.TableArn()+"/index/"+dueIndex, "dynamodb:Query")
}

func (s *shop) grantWriteInvoices(function awslambda.Function) {
	allow(function, *s.invoices.BucketArn()+"/invoices/*", "s3:PutObject")
	acceptWildcard(function.Role(), "/invoices/*", "the key of an invoice comes from its order")
}

// acceptWildcard tells cdk-nag why a role may reach resources that end in a
// pattern. NagSuppressions of the module cdk-nag does the same, and loads it for
// every synth.
func acceptWildcard(role awsiam.IRole, ending, reason string) {
	policy := role.Node().FindChild(jsii.String("DefaultPolicy")).Node().DefaultChild().(awsiam.CfnPolicy)
	policy.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": []any{map[string]any{
		"id":         "AwsSolutions-IAM5",
		"reason":     reason,
		"applies_to": []any{map[string]any{"regex": "/^Resource::[^*]*" + regexp.QuoteMeta(ending) + "$/"}},
	}}})
}

func allow(function awslambda.Function, resource string, actions ...string) {
	function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(actions...), Resources: jsii.Strings(resource),
	}))
}
